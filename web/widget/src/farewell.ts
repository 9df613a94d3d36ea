import { h, icon } from "./dom.ts";
import type { SurveyContent } from "./content.ts";
import type { Frame } from "./frame.ts";

const CHECK = "M5 12.5l4.5 4.5L19 7.5";
export const FAREWELL_MS = 2000;

/**
 * The thank-you card. It leaves by itself, and waits while the user rests the pointer on it or has the focus on its
 * button. The pointer that has just pressed Send does not count until it moves.
 */
export function sayThanks(frame: Frame, thanks: NonNullable<SurveyContent["thank_you"]>, done: () => void): () => void {
  const heading = h("h2", { id: "title", tabindex: -1 }, thanks.title);
  const about = thanks.description ? h("p", { class: "about" }, thanks.description) : null;
  const hadFocus = frame.hasFocus;
  frame.fill(true, h("div", { class: "thanks step" }, icon(CHECK), heading, about));
  if (hadFocus) heading.focus({ preventScroll: true });
  frame.announce([thanks.title, thanks.description].filter(Boolean).join(". "));

  let timer: ReturnType<typeof setTimeout> | undefined;
  let hovered = false;
  const update = () => {
    clearTimeout(timer);
    if (!hovered && !frame.isCloseFocused) timer = setTimeout(done, FAREWELL_MS);
  };
  frame.onCard("pointermove", (event) => {
    const { pointerType, movementX, movementY } = event as PointerEvent;
    if (hovered || pointerType !== "mouse" || (movementX === 0 && movementY === 0)) return;
    hovered = true;
    update();
  });
  frame.onCard("pointerleave", () => {
    hovered = false;
    update();
  });
  frame.onCard("focusin", update);
  // The focus moves on only after this event.
  frame.onCard("focusout", () => void setTimeout(update));
  update();
  return () => clearTimeout(timer);
}
