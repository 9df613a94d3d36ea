/** One customer's workspace: what its servers and its team do. */
import assert from "node:assert/strict";
import { Visitor } from "./visitor.mjs";
import { accepted, call } from "./http.mjs";

export class Workspace {
  constructor(sonde, { workspace_id: id, backend_key: backendKey, sdk_key: sdkKey }) {
    this.sonde = sonde;
    this.id = id;
    this.backendKey = backendKey;
    this.sdkKey = sdkKey;
  }

  /** Brings in a survey and launches it; with `survey`, as its next version. */
  launch(document, { survey } = {}) {
    const next = survey ? ["--survey", survey] : [];
    const input = typeof document === "string" ? document : JSON.stringify(document);
    return this.sonde.admin.json(["import-survey", "--workspace", this.id, ...next, "--launch", "-"], { input });
  }

  setStatus(survey, status) {
    return this.sonde.admin.json(["survey-status", "--workspace", this.id, survey, status]);
  }

  /** Posts an event as it is: a value, or the body's own text. */
  post(event, headers = {}) {
    return call(`${this.sonde.origin}/api/v1/connections/backend/event`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": this.backendKey, ...headers },
      body: typeof event === "object" && !(event instanceof ReadableStream) ? JSON.stringify(event) : event,
    });
  }

  /** The customer's server says that something happened to a user. */
  async happened(user, event_name = "ended_sleep", more = {}) {
    return accepted(await this.post({ user_id: user, event_name, ...more }));
  }

  /** An app or a site that speaks the client protocol by itself. */
  visitor(who, options) {
    return Visitor.arrive(this, who, options);
  }

  /** Response rows as text, one a line. */
  async rowTexts() {
    const out = await this.sonde.admin.do(["responses", "--workspace", this.id]);
    return out.split("\n").filter(Boolean);
  }

  async rows() {
    return (await this.rowTexts()).map((text) => JSON.parse(text));
  }

  /** The only row there is. */
  async row() {
    const rows = await this.rows();
    assert.equal(rows.length, 1, JSON.stringify(rows));
    return rows[0];
  }

  async triggers() {
    return (await this.sonde.admin.json(["triggers", "--workspace", this.id])).triggers;
  }
}
