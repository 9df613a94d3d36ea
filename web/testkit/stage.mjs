/** A bare page that can import the widget, for tests of the widget alone. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EMBED, widgetFile } from "./fake-sonde.mjs";
import { hostSite } from "./host-site.mjs";

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Host</title>
<style>body{font:16px/1.5 system-ui;margin:40px;background:#f6f7f9;color:#222}@media(prefers-color-scheme:dark){body{background:#14171b;color:#ddd}}</style></head>
<body><main><h1>Host page</h1><p>Some words of the product.</p><button id="before">Before</button> <input id="field" aria-label="Host field"></main>
<script type="module">import { renderSurvey } from "/widget.js"; window.renderSurvey = renderSurvey;</script></body></html>`;

export async function stage() {
  const script = readFileSync(join(EMBED, widgetFile()), "utf8");
  return hostSite({ "/": { type: "text/html", body: PAGE }, "/widget.js": { type: "text/javascript", body: script } });
}

/** Draws a survey and records what it reports in `window.told`. */
export async function draw(page, content, options = {}) {
  await page.waitForFunction(() => window.renderSurvey);
  await page.evaluate(
    ([content, options]) => {
      window.told = [];
      const tell = (name) => (answers) => void window.told.push(answers ? [name, structuredClone(answers)] : [name]);
      window.survey = window.renderSurvey({
        content,
        ...options,
        onAnswer: tell("answer"),
        onComplete: tell("complete"),
        onDismiss: tell("dismiss"),
        onClose: tell("close"),
      });
    },
    [content, options],
  );
}

export function told(page) {
  return page.evaluate(() => window.told);
}

/** The text of the focused element's label or content, looked up through the shadow root. */
export function focusedText(page) {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element === document.body ? "" : element.getAttribute("aria-label") || element.id || element.textContent || element.localName;
  });
}
