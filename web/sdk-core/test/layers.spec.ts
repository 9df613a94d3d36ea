import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const WEB = join(import.meta.dirname, "../..");
const ARROWS: Record<string, readonly string[]> = {
  "sdk-core": [],
  widget: [],
  "sdk-web": ["@sonde/sdk-core", "@sonde/widget"],
};
const LINES = 300;

function sources(name: string): string[] {
  const entries = readdirSync(join(WEB, name, "src"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe.each(Object.entries(ARROWS))("%s", (name, arrows) => {
  it("depends only where the arrows point", () => {
    const manifest = JSON.parse(readFileSync(join(WEB, name, "package.json"), "utf8")) as { dependencies?: object };
    expect(Object.keys(manifest.dependencies ?? {})).toEqual(arrows);
    for (const file of sources(name)) {
      for (const [, from] of readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"([^."][^"]*)"/g)) {
        expect(arrows, file).toContain(from);
      }
    }
  });

  it("keeps its files small", () => {
    for (const file of sources(name)) expect(readFileSync(file, "utf8").split("\n").length, file).toBeLessThanOrEqual(LINES);
  });
});

it("the widget is imported lazily: elsewhere only its types", () => {
  for (const file of sources("sdk-web")) {
    for (const [line] of readFileSync(file, "utf8").matchAll(/^import .*"@sonde\/widget".*$/gm)) expect(line).toMatch(/^import type /);
  }
});
