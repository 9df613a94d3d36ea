/** Child processes: their output is kept, and each is ended by its own handle. */
import { spawn } from "node:child_process";

const START_PATIENCE_MS = 20_000;
const STOP_PATIENCE_MS = 20_000;
const RUN_PATIENCE_MS = 60_000;

const living = new Set();
process.on("exit", () => living.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => process.exit(1));

/** Without what the caller's own shell says to Sonde: a test says everything itself. */
function environment(extra) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("SONDE_") && name !== "RUST_LOG");
  return { ...Object.fromEntries(inherited), ...extra };
}

export class Child {
  #process;
  #watchers = new Set();
  /** Standard output and standard error so far. */
  out = "";
  err = "";
  /** Resolves to the exit code, or to the signal that ended it. */
  ended;

  constructor(name, file, args, { env = {}, input = "" } = {}) {
    this.name = name;
    this.#process = spawn(file, args, { env: environment(env), stdio: "pipe" });
    living.add(this.#process);
    this.ended = new Promise((resolve, reject) => {
      this.#process.once("error", (error) => reject(new Error(`${name} cannot be started: ${error.message}`)));
      this.#process.once("close", (code, signal) => {
        living.delete(this.#process);
        resolve(code ?? signal);
        this.#tell();
      });
    });
    this.ended.catch(() => this.#tell());
    for (const stream of ["stdout", "stderr"]) {
      const kept = stream === "stdout" ? "out" : "err";
      this.#process[stream].setEncoding("utf8").on("data", (text) => {
        this[kept] += text;
        this.#tell();
      });
    }
    // A process that ends without reading what it was given is no failure of the test.
    this.#process.stdin.on("error", () => {});
    this.#process.stdin.end(input);
  }

  /** The first match in its output, as soon as there is one. */
  async says(pattern) {
    let watcher;
    const said = new Promise((resolve) => {
      watcher = () => {
        const match = pattern.exec(this.out) ?? pattern.exec(this.err);
        if (match) resolve(match);
      };
      this.#watchers.add(watcher);
      watcher();
    });
    const early = this.ended.then((code) => {
      throw new Error(`${this.name} ended with ${code} before it said ${pattern}\n${this.output}`);
    });
    try {
      return await within(START_PATIENCE_MS, `${this.name} saying ${pattern}`, Promise.race([said, early]));
    } catch (error) {
      this.signal("SIGKILL");
      throw error;
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  signal(name) {
    this.#process.kill(name);
  }

  /** Asks it to end and answers how it did. One that does not end is killed and is a failure. */
  async stop(signal = "SIGTERM") {
    this.signal(signal);
    try {
      return await within(STOP_PATIENCE_MS, `${this.name} ending on ${signal}`, this.ended);
    } catch (error) {
      this.signal("SIGKILL");
      throw new Error(`${error.message}\n${this.output}`);
    }
  }

  get output() {
    return `--- ${this.name}\n${this.out}${this.err}`;
  }

  #tell() {
    for (const watcher of this.#watchers) watcher();
  }
}

/** Runs a program to its end. */
export async function run(file, args, { patience = RUN_PATIENCE_MS, ...options } = {}) {
  const child = new Child(args.join(" "), file, args, options);
  try {
    const code = await within(patience, child.name, child.ended);
    return { code, out: child.out, err: child.err };
  } catch (error) {
    child.signal("SIGKILL");
    throw new Error(`${error.message}\n${child.output}`);
  }
}

async function within(patienceMs, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${patienceMs / 1000} s`)), patienceMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
