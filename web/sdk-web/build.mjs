/**
 * Bundles what the server embeds: `dist/embed/v1/sonde.js` (short-cached) and `dist/embed/v1/widget-<hash>.js`
 * (immutable). Run after `tsc -b`, which leaves the npm packages in each `dist`.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "dist/embed/v1");
const common = { bundle: true, minify: true, write: false, target: "es2022", charset: "utf8", legalComments: "none", logLevel: "warning" };

/** Style sheets live in template strings, which no bundler minifies. */
const minifiedStyles = {
  name: "minified-styles",
  setup({ onLoad }) {
    onLoad({ filter: /widget[\\/]src[\\/]styles\.ts$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "ts", format: "esm" });
      const { STYLES } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
      const css = await transform(STYLES, { loader: "css", minify: true, target: ["chrome100", "firefox110", "safari16.4"] });
      return { contents: `export const STYLES = ${JSON.stringify(css.code.trim())};`, loader: "js" };
    });
  },
};

async function bundle(options) {
  const result = await build({ ...common, ...options });
  return result.outputFiles[0].text;
}

async function write(name, text) {
  await writeFile(join(out, name), text);
  console.log(`${name}  ${text.length} B, gzip ${gzipSync(text, { level: 9 }).length} B`);
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const widget = await bundle({ entryPoints: [join(here, "../widget/src/index.ts")], format: "esm", plugins: [minifiedStyles] });
const hash = createHash("sha256").update(widget).digest("hex").slice(0, 12);
const widgetFile = `widget-${hash}.js`;
await write(widgetFile, widget);
const loader = await bundle({
  entryPoints: [join(here, "src/script.ts")],
  format: "iife",
  define: { WIDGET_FILE: JSON.stringify(widgetFile) },
  alias: { "@sonde/sdk-core": join(here, "../sdk-core/src/index.ts") },
});
await write("sonde.js", loader);
