import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { EMBED, widgetFile } from "../../testkit/fake-sonde.mjs";

const KIB = 1024;
const here = join(import.meta.dirname, "..");

describe("the embedded files", () => {
  for (const [name, budget] of [["sonde.js", 6 * KIB], [widgetFile(), 14 * KIB]]) {
    it(`${name} is at most ${budget / KIB} KB gzipped`, (context) => {
      const size = gzipSync(readFileSync(join(EMBED, name)), { level: 9 }).length;
      context.diagnostic(`${name}: ${size} B`);
      assert.ok(size <= budget, `${size} B`);
    });
  }

  it("name each other", () => {
    assert.ok(readFileSync(join(EMBED, "sonde.js"), "utf8").includes(widgetFile()));
  });

  it("use nothing that Trusted Types or a strict policy refuse", () => {
    for (const name of ["sonde.js", widgetFile()]) {
      const text = readFileSync(join(EMBED, name), "utf8");
      for (const word of ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "createElement(\"style\")"]) {
        assert.ok(!text.includes(word), `${name}: ${word}`);
      }
    }
  });
});

describe("the npm package", () => {
  it("does nothing on a server", async () => {
    const { sonde } = await import("@sonde/sdk-web");
    sonde.init({ key: "pk_1", api: "https://sonde.example", user: "u1" });
    sonde.identify("u2");
    sonde.setAttributes({ plan: "pro" });
    sonde.on("survey_displayed", () => {})();
    sonde.logout();
    assert.deepEqual(await sonde.trigger("MainActivity"), { shown: false });
  });

  it("leaves the widget out of the first chunk", async () => {
    const { outputFiles } = await build({
      stdin: { contents: 'import { sonde } from "@sonde/sdk-web"; sonde.init({ key: "k", api: "https://a" });', resolveDir: here },
      bundle: true,
      splitting: true,
      format: "esm",
      outdir: "/out",
      write: false,
    });
    const [entry, ...chunks] = outputFiles.map((file) => file.text);
    assert.ok(!entry.includes("adoptedStyleSheets"));
    assert.ok(chunks.some((chunk) => chunk.includes("adoptedStyleSheets")));
  });

  it("carries its types", () => {
    const types = readFileSync(join(here, "dist/index.d.ts"), "utf8");
    assert.match(types, /export declare const sonde: .*Sonde/);
  });
});
