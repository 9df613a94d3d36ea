/**
 * Bundles what the server embeds: `dist/embed/v1/sonde.js` (short-cached) and beside it `widget-<hash>.js` and
 * `stream-<hash>.js` (immutable). Run after `tsc -b`, which leaves the npm packages in each `dist`.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";
import { minify } from "terser";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "dist/embed/v1");
const common = {
  bundle: true, minify: true, write: false, target: "es2022", charset: "utf8", legalComments: "none", logLevel: "warning",
  // A field that the constructor sets need not be declared.
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
};

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
  // A second look by one that only makes small: every byte of the loader is paid by every page.
  const { code } = await minify(result.outputFiles[0].text, { ecma: 2022, module: options.format === "esm", compress: { passes: 3 } });
  return code;
}

async function write(name, text) {
  await writeFile(join(out, name), text);
  console.log(`${name}  ${text.length} B, gzip ${gzipSync(text, { level: 9 }).length} B`);
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const widget = await bundle({ entryPoints: [join(here, "../widget/src/index.ts")], format: "esm", plugins: [minifiedStyles] });
const hashed = (name, text) => `${name}-${createHash("sha256").update(text).digest("hex").slice(0, 12)}.js`;
const widgetFile = hashed("widget", widget);
await write(widgetFile, widget);
const stream = await bundle({ entryPoints: [join(here, "src/stream.ts")], format: "esm" });
const streamFile = hashed("stream", stream);
await write(streamFile, stream);
const loader = await bundle({
  entryPoints: [join(here, "src/script.ts")],
  format: "iife",
  define: { WIDGET_FILE: JSON.stringify(widgetFile), STREAM_FILE: JSON.stringify(streamFile) },
  alias: { "@sonde/sdk-core": join(here, "../sdk-core/src/index.ts") },
});
await write("sonde.js", loader);
