/** The customer's site: pages and scripts from memory, each page under the strictest policy that the SDK must bear. */
import { createServer } from "node:http";

export function strictPolicy(api) {
  return [
    "default-src 'none'",
    `script-src 'self' ${api}`,
    `connect-src ${api}`,
    "style-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

/** `files`: path → {type, body, policy?}. */
export async function hostSite(files) {
  const server = createServer((request, response) => {
    const file = files[new URL(request.url, "http://host").pathname];
    if (!file) {
      response.writeHead(request.url === "/favicon.ico" ? 204 : 404);
      return response.end();
    }
    const headers = { "content-type": `${file.type}; charset=utf-8` };
    if (file.policy) headers["content-security-policy"] = file.policy;
    response.writeHead(200, headers);
    response.end(file.body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
