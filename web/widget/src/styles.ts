/**
 * The look. Spacing on a 4 px scale, the system's own typeface, one accent colour.
 * A product sets `--sonde-*` on `sonde-survey`; everything else is out of its style sheets' reach, and it of ours.
 * The radios themselves draw cells, choices and focus rings, so that state and look cannot part.
 */
const LIGHT = `
  --accent: var(--sonde-accent, var(--theme-accent, #3d52b8));
  --on: var(--sonde-on-accent, var(--theme-on, #fff));
  --back: var(--sonde-background, #fff);
  --ink: var(--sonde-ink, #1c2129);
  --soft: var(--sonde-ink-soft, #59616d);
  --line: #dfe3e8;
  --edge: #868e9a;
  --error: #b3261e;
  --shade: 0 0 0 1px rgb(20 26 40 / 6%), 0 2px 6px rgb(20 26 40 / 6%), 0 16px 40px rgb(20 26 40 / 16%);
  color-scheme: light;`;

const DARK = `
  --accent: var(--sonde-accent-dark, var(--sonde-accent, var(--theme-accent-dark, #a8b6ff)));
  --on: var(--sonde-on-accent, var(--theme-on, #12172e));
  --back: var(--sonde-background-dark, #1f2329);
  --ink: var(--sonde-ink-dark, #eceef2);
  --soft: var(--sonde-ink-soft-dark, #aab1bd);
  --line: #3a404a;
  --edge: #838b98;
  --error: #ffb4ab;
  --shade: 0 0 0 1px rgb(255 255 255 / 8%), 0 16px 40px rgb(0 0 0 / 50%);
  color-scheme: dark;`;

export const STYLES = `
:host { all: initial; display: block; }
:host([hidden]) { display: none; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.root { --curve: var(--sonde-radius, var(--theme-radius, 16px)); --inner: calc(var(--curve) * .75); ${LIGHT} }
@media (prefers-color-scheme: dark) { :host(:not([data-mode="light"])) .root { ${DARK} } }
:host([data-mode="dark"]) .root { ${DARK} }

.card {
  position: fixed; z-index: 2147483000; inset-inline: 0; bottom: 0;
  max-height: calc(100vh - 24px); max-height: calc(100dvh - 24px); overflow: auto; overscroll-behavior: contain;
  padding: 24px 20px calc(20px + env(safe-area-inset-bottom, 0px));
  border-radius: calc(var(--curve) * 1.25) calc(var(--curve) * 1.25) 0 0; background: var(--back); color: var(--ink); box-shadow: var(--shade);
  font: 400 15px/1.5 var(--sonde-font, var(--theme-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif));
  -webkit-font-smoothing: antialiased; -webkit-text-size-adjust: 100%; text-align: start; overflow-wrap: anywhere;
}
@media (min-width: 560px) {
  .card {
    inset-inline: auto 24px; bottom: 24px; width: 392px; max-height: min(680px, calc(100vh - 48px));
    padding: 24px; border-radius: var(--curve);
  }
  :host([data-position="bottom_left"]) .card { inset-inline: 24px auto; }
  :host([data-position="center"]) .card { inset: 0; margin: auto; height: fit-content; }
}
:host([data-inline]) .card {
  position: relative; inset: auto; margin: 0; width: auto; max-width: 392px; max-height: none; z-index: auto;
  padding: 24px; border-radius: var(--curve);
}
:host([data-inline="sheet"]) .card { max-width: none; border-radius: calc(var(--curve) * 1.25) calc(var(--curve) * 1.25) 0 0; }
@media (prefers-reduced-motion: no-preference) {
  .card { animation: rise .24s cubic-bezier(.2, .8, .2, 1); }
  .step { animation: fade .2s ease-out; }
  .bar i { transition: transform .24s ease-out; }
}
@keyframes rise { from { opacity: 0; transform: translateY(12px); } }
@keyframes fade { from { opacity: 0; } }

.bar { position: absolute; inset: 0 0 auto; height: 3px; overflow: hidden; background: var(--line); }
.bar i { display: block; height: 100%; background: var(--accent); transform-origin: left; transform: scaleX(var(--part)); }
[dir="rtl"] .bar i { transform-origin: right; }
.count { margin: 0 0 4px; color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
h2 { margin: 0; font-size: 17px; line-height: 1.35; font-weight: 600; letter-spacing: -.01em; text-wrap: balance; }
h2:focus { outline: none; }
.closable .count, .closable h2 { padding-inline-end: 36px; }
.about { margin: 4px 0 0; color: var(--soft); font-size: 14px; white-space: pre-line; }
.body { margin-top: 16px; }

button, input, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
button { cursor: pointer; border: 0; background: none; }
button:focus-visible, input:focus-visible, textarea:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.close {
  position: absolute; inset-block-start: 16px; inset-inline-end: 12px; width: 36px; height: 36px; padding: 8px;
  border-radius: 50%; color: var(--soft);
}
.close svg { display: block; width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; }
.foot { display: flex; gap: 8px; align-items: center; justify-content: flex-end; margin-top: 20px; }
.go, .skip { min-height: 40px; padding: 8px 20px; border-radius: calc(var(--curve) * .625); font-weight: 600; font-size: 14px; }
.go { background: var(--accent); color: var(--on); }
.skip { padding-inline: 12px; color: var(--soft); font-weight: 500; margin-inline-end: auto; margin-inline-start: -12px; }
@media (hover: hover) {
  .close:hover, .skip:hover { background: color-mix(in srgb, var(--ink) 7%, transparent); color: var(--ink); }
  .go:hover { background: color-mix(in srgb, var(--accent) 90%, var(--ink)); }
}

.options { display: grid; gap: 8px; }
.option { position: relative; display: flex; gap: 12px; align-items: flex-start; padding: 11px 14px; cursor: pointer; }
.option input, .cell input { appearance: none; position: absolute; inset: 0; margin: 0; cursor: pointer; border-radius: inherit; }
.option input { border: 1px solid var(--line); border-radius: var(--inner); }
.option span { position: relative; pointer-events: none; }
.option .text { flex: 1; min-width: 0; }
.dot { flex: none; width: 18px; height: 18px; margin-top: 2px; border: 1.5px solid var(--edge); border-radius: 50%; }
.option input:checked { border-color: var(--accent); background: color-mix(in srgb, var(--accent) 8%, transparent); }
.option input:checked + .dot { border: 5.5px solid var(--accent); }
@media (hover: hover) { .option input:hover:not(:checked) { border-color: var(--edge); } }

.input {
  display: block; width: 100%; padding: 10px 12px; border: 1px solid var(--edge); border-radius: var(--inner);
  background: transparent; resize: vertical; min-height: 44px;
}
textarea.input { min-height: 96px; max-height: 40vh; }
.input::placeholder { color: var(--soft); opacity: 1; }
.input:focus-visible { outline-offset: -1px; }
@media (pointer: coarse) { .input { font-size: 16px; } }

.nps { display: flex; border-radius: var(--inner); }
.cell { position: relative; display: grid; place-items: center; cursor: pointer; }
.nps .cell { flex: 1 1 0; min-width: 24px; height: 44px; }
.nps .cell input { border: 1px solid var(--line); border-inline-start-width: 0; }
.nps .cell:first-child input { border-inline-start-width: 1px; border-start-start-radius: var(--inner); border-end-start-radius: var(--inner); }
.nps .cell:last-child input { border-start-end-radius: var(--inner); border-end-end-radius: var(--inner); }
.nps .cell span { position: relative; pointer-events: none; font-size: 14px; font-variant-numeric: tabular-nums; }
.nps .cell input:checked { background: var(--accent); border-color: var(--accent); }
.nps .cell input:checked + span { color: var(--on); font-weight: 600; }
.nps .cell input:focus-visible { z-index: 1; }
.nps .cell input:focus-visible + span { z-index: 2; }
@media (hover: hover) { .nps .cell input:hover:not(:checked) { background: color-mix(in srgb, var(--accent) 12%, transparent); } }

.stars { display: flex; gap: 4px; margin-inline-start: -6px; width: max-content; max-width: 100%; }
.stars .cell { width: 48px; height: 44px; border-radius: var(--inner); flex: 0 1 auto; }
.stars svg { position: relative; pointer-events: none; width: 32px; height: 32px; fill: transparent; stroke: var(--edge); stroke-width: 1.4; stroke-linejoin: round; }
.stars .on svg { fill: var(--accent); stroke: var(--accent); }
@media (hover: hover) { .stars .cell:hover svg { stroke: var(--accent); fill: color-mix(in srgb, var(--accent) 24%, transparent); } .stars .cell.on:hover svg { fill: var(--accent); } }
.ends { display: flex; justify-content: space-between; gap: 16px; margin-top: 8px; color: var(--soft); font-size: 13px; line-height: 1.35; }
.ends span:last-child { text-align: end; }
.stars + .ends { max-width: 248px; }

.error { display: flex; gap: 8px; margin: 12px 0 0; color: var(--error); font-size: 14px; }
.input[aria-invalid="true"] { border-color: var(--error); }
.thanks { text-align: center; padding: 16px 12px; }
.thanks svg { width: 40px; height: 40px; margin-bottom: 12px; padding: 9px; border-radius: 50%; background: color-mix(in srgb, var(--accent) 12%, transparent); fill: none; stroke: var(--accent); stroke-width: 2.25; stroke-linecap: round; stroke-linejoin: round; }
.closable .thanks h2 { padding-inline-end: 0; }
.sr { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

@media (forced-colors: active) {
  .card { border: 1px solid; }
  .option input:checked, .nps .cell input:checked { outline: 3px solid Highlight; outline-offset: -3px; }
  .stars .on svg { fill: Highlight; forced-color-adjust: none; }
  .go { border: 1px solid; }
  .bar i { background: Highlight; forced-color-adjust: none; }
}
@media print { :host { display: none; } }
`;
