/** The customer: the demo's own small process, on an origin of its own. */
import { join } from "node:path";
import { Child } from "./process.mjs";
import { ROOT } from "./sonde.mjs";

export async function startDemo(workspace) {
  const flags = ["--port", "0", "--sonde", workspace.sonde.origin];
  const env = { SONDE_BACKEND_KEY: workspace.backendKey, SONDE_SDK_KEY: workspace.sdkKey };
  const child = new Child("demo", process.execPath, [join(ROOT, "demo/server.mjs"), ...flags], { env });
  const [origin] = await child.says(/http:\/\/127\.0\.0\.1:\d+/);
  return { origin, stop: () => child.stop() };
}
