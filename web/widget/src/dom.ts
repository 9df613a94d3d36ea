type Attribute = string | number | boolean | null | undefined;
type Child = Node | string | null | undefined | false;

/** Builds an element from attributes and children. Text stays text: nothing here parses HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

/** An icon of one path on a 24 × 24 grid. */
export function icon(path: string): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const shape = document.createElementNS(space, "path");
  set(svg, { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" });
  set(shape, { d: path });
  svg.append(shape);
  return svg;
}

function set(element: Element, attributes: Readonly<Record<string, Attribute>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
}

/** The element that has the focus, looked up through open shadow roots. */
export function focused(): Element | null {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
}

const BUTTONS = /^(button|checkbox|color|file|image|radio|range|reset|submit)$/;

/** True while the user may be typing into the page: taking the focus then would swallow keystrokes. */
export function isTyping(element: Element | null): boolean {
  if (!element) return false;
  if (element instanceof HTMLInputElement) return !BUTTONS.test(element.type) && !element.readOnly;
  const tag = element.localName;
  // What goes on inside a frame or an embedded object cannot be seen: assume the worst.
  if (tag === "textarea" || tag === "select" || tag === "iframe" || tag === "object" || tag === "embed") return true;
  return (element as HTMLElement).isContentEditable || element.getAttribute("role") === "textbox";
}
