/** A member of the team, call by call: what the dashboard's pages say to the server. */
import assert from "node:assert/strict";
import { request } from "node:http";

/** Who `sonde admin init` of these tests makes the owner. */
export const OWNER = { email: "owner@example.com", password: "correct horse battery staple" };

/** One call over a plain connection: unlike `fetch` it sends any Host. */
export function plain(origin, path, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(origin + path, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text, json: parsed(text) }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Tries to sign in. */
export function logIn(origin, who = OWNER, headers = {}) {
  const all = { "content-type": "application/json", "x-sonde-csrf": "1", ...headers };
  return plain(origin, "/api/v1/auth/login", { method: "POST", headers: all, body: JSON.stringify(who) });
}

/** The cookies that an answer sets: the name and the flags of each, without its age. */
export function cookiesOf(reply) {
  return reply.headers["set-cookie"].map((line) => {
    const [, name, value, rest] = /^([^=]+)=([^;]+); (.*)$/.exec(line);
    assert.ok(value.length > 20, line);
    return [name, ...rest.split("; ").filter((flag) => !flag.startsWith("Max-Age=")).sort()].join(" ");
  });
}

export class Member {
  /** Signs in by an answer of `logIn`. */
  constructor(origin, reply) {
    assert.equal(reply.status, 200, reply.text);
    this.origin = origin;
    this.csrf = reply.json.csrf_token;
    const pairs = reply.headers["set-cookie"].map((line) => line.split(";")[0]);
    this.cookie = pairs.find((pair) => pair.startsWith("sonde=")) ?? pairs[0];
  }

  static async logIn(origin, who) {
    return new Member(origin, await logIn(origin, who));
  }

  /** One call below /api/v1; a header that is undefined is not sent. */
  send(method, path, body, headers = {}) {
    const all = { cookie: this.cookie, "x-sonde-csrf": this.csrf, "content-type": "application/json", ...headers };
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return plain(this.origin, `/api/v1${path}`, { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body) });
  }

  /** A call that must succeed; answers its JSON. */
  async do(method, path, body) {
    const reply = await this.send(method, path, body);
    assert.ok(reply.status >= 200 && reply.status < 300, `${method} ${path}: ${reply.status} ${reply.text}`);
    return reply.json;
  }

  /** Lends the session to a browser. */
  async enter(context) {
    const [name, value] = this.cookie.split("=");
    await context.addCookies([{ name, value, url: this.origin, httpOnly: true, sameSite: "Lax" }]);
  }
}
