/** A Sonde of its own: built binary, free port, throwaway data folder. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child, run } from "./process.mjs";
import { Workspace } from "./workspace.mjs";

export const ROOT = join(import.meta.dirname, "../..");
const PASSWORD = "correct horse battery staple\n";

function binary(variable, name) {
  const file = process.env[variable] ?? join(ROOT, "target/debug", name);
  assert.ok(existsSync(file), `${name} is not built: build it, or name it in ${variable}`);
  return file;
}

export const sondeBinary = () => binary("SONDE_BIN", "sonde");
export const simBinary = () => binary("SONDE_SIM_BIN", "sonde-sim");

/** An empty folder that is removed in the end. */
export async function throwawayFolder() {
  const path = await mkdtemp(join(tmpdir(), "sonde-e2e-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** `sonde admin` on a data folder, whether or not a server runs on it. */
export class Admin {
  constructor(data) {
    this.data = data;
  }

  /** Runs a command and answers how it ended. */
  try(words, { input } = {}) {
    const [command, ...rest] = words;
    return run(sondeBinary(), ["admin", command, "--data", this.data, ...rest], { input });
  }

  /** Runs a command that must succeed; answers what it printed. */
  async do(words, options) {
    const { code, out, err } = await this.try(words, options);
    assert.equal(code, 0, `sonde admin ${words.join(" ")}: ${err}`);
    return out;
  }

  async json(words, options) {
    return JSON.parse(await this.do([...words, "--json"], options));
  }

  /** A new workspace's id and keys. */
  init(name) {
    return this.json(["init", "--email", "owner@example.com", "--password-stdin", "--workspace", name], { input: PASSWORD });
  }
}

export class Sonde {
  #child;
  #folder;
  #workspaces = 0;

  constructor(child, data, origin, folder) {
    this.#child = child;
    this.#folder = folder;
    this.data = data;
    this.origin = origin;
    this.admin = new Admin(data);
  }

  /** Starts one and waits until it is ready. Without `data` it gets a new folder. */
  static async start({ data, env = {}, args = [] } = {}) {
    const folder = data ? null : await throwawayFolder();
    const path = data ?? folder.path;
    const settings = { SONDE_LISTEN: "127.0.0.1:0", SONDE_DATA: path, SONDE_LOG_FORMAT: "json", ...env };
    try {
      const child = new Child("sonde serve", sondeBinary(), ["serve", ...args], { env: settings });
      const [, address] = await child.says(/sonde is ready.*?address"?[:=]"?([\d.:]+)/);
      return new Sonde(child, path, `http://${address}`, folder);
    } catch (error) {
      await folder?.remove();
      throw error;
    }
  }

  /** A new workspace to play in. */
  async workspace(name = `Lull ${this.#workspaces + 1}`) {
    this.#workspaces += 1;
    return new Workspace(this, await this.admin.init(name));
  }

  /** The one-time link to create the first owner, from what the server printed for people. */
  async setupLink() {
    const [, link] = await this.#child.says(/Open (\S+\/setup#token=\S+) to create the owner/);
    return link;
  }

  get log() {
    return this.#child.err;
  }

  /** How it ended: 0 when all went well. */
  async stop(signal) {
    const code = await this.#child.stop(signal);
    await this.#folder?.remove();
    return code;
  }
}
