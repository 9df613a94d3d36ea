/** The client protocol, call by call, without an SDK in between. */
import { randomUUID } from "node:crypto";
import { accepted, call } from "./http.mjs";

export class Visitor {
  constructor(workspace, token) {
    this.workspace = workspace;
    this.token = token;
  }

  /** Starts a session. `who` is `{user_id}` or `{anonymous_id}`, or just a user id. */
  static async arrive(workspace, who, { platform = "web", attributes } = {}) {
    const identity = typeof who === "object" ? who : { user_id: who };
    const visitor = new Visitor(workspace, null);
    const body = { ...identity, attributes, platform, locale: "en", sdk: "e2e" };
    visitor.token = accepted(await visitor.send("POST", "/session", body)).client_token;
    return visitor;
  }

  /** One call; `headers` may replace the key or the token. */
  send(method, path, body, headers = {}) {
    const proof = this.token ? { "x-sonde-token": this.token } : {};
    return call(`${this.workspace.sonde.origin}/api/v1/client${path}`, {
      method,
      headers: { "content-type": "application/json", "x-sonde-key": this.workspace.sdkKey, ...proof, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  /** Fires a frontend trigger; answers the claim, or null when nothing is to be shown. */
  async fire(trigger = "MainActivity", { properties = {}, requestId = randomUUID(), locale = "en" } = {}) {
    const body = { request_id: requestId, trigger, properties, trigger_seq: [trigger], locale };
    const answer = accepted(await this.send("POST", "/trigger", body));
    return answer.survey ? answer : null;
  }

  report(display, state) {
    return this.send("POST", `/displays/${display}`, { state });
  }

  async show(display) {
    return accepted(await this.report(display, "shown"));
  }

  /** Fires `MainActivity` and paints what is due; answers the claim. */
  async see(options) {
    const claim = await this.fire("MainActivity", options);
    if (claim) await this.show(claim.display_id);
    return claim;
  }

  answer(display, answers, { revision = 1, completed = false } = {}) {
    return this.send("PUT", `/displays/${display}/response`, { revision, completed, locale: "en", duration_ms: 10, answers });
  }

  identify(user_id) {
    return this.send("POST", "/identify", { user_id });
  }
}
