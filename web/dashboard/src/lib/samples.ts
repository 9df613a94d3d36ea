/** Stands where a key would, when the server does not know it in full. */
export const SDK_KEY = "YOUR_SDK_KEY";

/** Ready-made calls with the real address. `key` stands in full only while it is shown, else as a placeholder. */

export type Sample = "curl" | "node" | "python" | "rust";
export const SAMPLE_NAMES: Record<Sample, string> = { curl: "curl", node: "Node", python: "Python", rust: "Rust" };

export function eventSample(sample: Sample, url: string, key: string): string {
  switch (sample) {
    case "curl":
      return `curl ${url} \\
  -H 'x-api-key: ${key}' \\
  -H 'content-type: application/json' \\
  -d '{"user_id": "user-42", "event_name": "ended_sleep", "properties": {"hours": 7.5}}'`;
    case "node":
      return `const response = await fetch("${url}", {
  method: "POST",
  headers: { "x-api-key": ${key.startsWith("sk_") ? `"${key}"` : "process.env.SONDE_KEY"}, "content-type": "application/json" },
  body: JSON.stringify({
    user_id: "user-42",
    event_name: "ended_sleep",
    properties: { hours: 7.5 },
    event_id: crypto.randomUUID(), // the same on every retry: then it counts once
  }),
});
if (!response.ok) throw new Error(await response.text());`;
    case "python":
      return `import os, uuid
import requests

response = requests.post(
    "${url}",
    headers={"x-api-key": ${key.startsWith("sk_") ? `"${key}"` : 'os.environ["SONDE_KEY"]'}},
    json={
        "user_id": "user-42",
        "event_name": "ended_sleep",
        "properties": {"hours": 7.5},
        "event_id": str(uuid.uuid4()),  # the same on every retry: then it counts once
    },
    timeout=10,
)
response.raise_for_status()`;
    case "rust":
      return `// reqwest (with the feature "json"), serde_json, uuid (with "v4")
reqwest::Client::new()
    .post("${url}")
    .header("x-api-key", ${key.startsWith("sk_") ? `"${key}"` : 'std::env::var("SONDE_KEY")?'})
    .json(&serde_json::json!({
        "user_id": "user-42",
        "event_name": "ended_sleep",
        "properties": { "hours": 7.5 },
        "event_id": uuid::Uuid::new_v4(), // the same on every retry: then it counts once
    }))
    .send()
    .await?
    .error_for_status()?;`;
  }
}

/** What a page needs to show surveys. */
export function scriptSnippet(scriptUrl: string, key: string): string {
  return `<script src="${scriptUrl}" data-key="${key}" data-user="THE_USERS_ID"></script>`;
}

/** The SDK's name on npm: shown, not imported. */
const SDK_PACKAGE = "@sonde/sdk-web";

export function npmSnippet(origin: string, key: string): string {
  return `import { sonde } from "${SDK_PACKAGE}";

sonde.init({ api: "${origin}", key: "${key}", user: "THE_USERS_ID" });
await sonde.trigger("MainActivity", { screen: "home" });`;
}

/** What a customer's server sends its pages, so that they can prove who the user is. */
export function proofSample(workspace: string): string {
  return `import { createHmac } from "node:crypto";

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** For the signed-in user alone: whoever has it can ask as that user. */
export function sondeProof(userId) {
  const exp = Math.floor(Date.now() / 1000) + 3600; // at most 24 hours ahead
  const input = part({ alg: "HS256", typ: "JWT" }) + "." + part({ sub: String(userId), aud: "${workspace}", exp });
  return input + "." + createHmac("sha256", process.env.SONDE_IDENTITY_SECRET).update(input).digest("base64url");
}`;
}
