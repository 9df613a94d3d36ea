/** The trials that need more clients, kills and system calls than a test can make by itself: small runs of the simulator. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { run } from "./support/process.mjs";
import { simBinary, sondeBinary } from "./support/sonde.mjs";

const PATIENCE_MS = 120_000;

/** Runs a trial that must hold; answers what it printed. */
async function holds(...words) {
  const { code, out, err } = await run(simBinary(), words, { env: { SONDE_BIN: sondeBinary() }, patience: PATIENCE_MS });
  assert.equal(code, 0, `${out}${err}`);
  return out;
}

it("64 clients ask at once, 200 times over: never two displays for one event", async () => {
  await holds("double-ask", "--clients", "64", "--rounds", "200");
});

it("after 20 kills under load nothing acknowledged is lost or doubled", async () => {
  await holds("crash", "--kills", "20");
});

it("every acknowledgement follows the fsync that covers it", async () => {
  await holds("fsync-trace");
});

it("the benchmark of ingest says its figures as JSON", async () => {
  const figures = JSON.parse(await holds("bench", "ingest", "--smoke", "--json"));
  for (const name of ["ratio", "events_per_s", "noop_per_s"]) {
    assert.ok(Number.isFinite(figures[name]) && figures[name] > 0, `${name}: ${figures[name]}`);
  }
});
