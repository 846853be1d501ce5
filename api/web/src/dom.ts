/** Small hands for building elements; text is always set as text, never as markup. */

type Child = Node | string | null;

/** An element with a class and children; `null` children are left out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child): child is Node | string => child !== null));
  return made;
}

/** The element of that id and kind; a page without it is broken, so it is an error. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/** A bar as long as `value` on a scale from 0 to `top`. */
export function bar(value: number, top: number, colour: string): HTMLElement {
  const fill = el("span", "bar-fill");
  fill.style.width = `${(100 * Math.min(Math.max(value, 0), top)) / top}%`;
  fill.style.backgroundColor = colour;
  const made = el("span", "bar", fill);
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** A range from `low` to `high` on a scale from 0 to `top`, with a mark at `value`. */
export function range(low: number, value: number, high: number, top: number): HTMLElement {
  const share = (one: number) => `${(100 * one) / top}%`;
  const span = el("span", "range-span");
  span.style.left = share(low);
  span.style.width = share(high - low);
  const mark = el("span", "range-mark");
  mark.style.left = share(value);
  const made = el("span", "range", span, mark);
  made.setAttribute("aria-hidden", "true");
  return made;
}
