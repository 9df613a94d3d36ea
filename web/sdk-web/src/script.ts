/** The script tag: `<script src="https://sonde.example/sdk/v1/sonde.js" data-key="pk_…" data-user="…"></script>` */
import type { Widget } from "./presenter.ts";
import { createSonde, type Sonde, type Stream } from "./sonde.ts";

/** The hashed names of what is loaded later, put in by the build. */
declare const WIDGET_FILE: string;
declare const STREAM_FILE: string;

declare global {
  interface Window {
    sonde?: Sonde;
  }
}

function boot(): void {
  const script = document.currentScript;
  if (window.sonde || !(script instanceof HTMLScriptElement)) return;
  const { src, dataset } = script;
  // An import takes a plain string under Trusted Types; a script element would not.
  const load = <T>(file: string) => import(new URL(file, src).href) as Promise<T>;
  const sonde = createSonde(() => load<Widget>(WIDGET_FILE), () => load<Stream>(STREAM_FILE), new URL(src).origin);
  window.sonde = sonde;
  const { key, user, proof, locale, debug } = dataset;
  if (!key) return;
  sonde.init({ key, user: user ?? null, proof, debug: debug !== undefined && debug !== "false", ...(locale ? { locale } : {}) });
}

try {
  boot();
} catch {
  // The page goes on without surveys.
}
