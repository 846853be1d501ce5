/** The legend: classes with their limits, and the marks for what is partly known, not known and not looked at. */

import type { Legend } from "./api";
import { el } from "./dom";
import { INSUFFICIENT, INSUFFICIENT_GROUND, PARTIAL, swatch } from "./hatch";
import { RISK } from "./paint";

const NOT_ASSESSED_GROUND = "#f3f2ee";

/** Draws the legend of a layer into its place. */
export function drawLegend(place: HTMLElement, legend: Legend, layer: string, label: string, top: number): void {
  const rows = legend.classes.map((step, index) => {
    const from = legend.classes[index - 1]?.below ?? 0;
    const limits = `${from} – ${step.below ?? top}`;
    return row(swatch("", step.colour), layer === RISK ? step.name : limits, layer === RISK ? limits : "");
  });
  const middle = legend.classes[Math.floor(legend.classes.length / 2)]?.colour ?? "#ffffff";
  const partial = row(swatch(PARTIAL, middle), "partial data", "has gaps");
  partial.className = "apart";
  const unknownName = layer === RISK ? "insufficient data" : "no data";
  const unknown = row(swatch(INSUFFICIENT, INSUFFICIENT_GROUND), unknownName, "not low");
  const outside = row(swatch("", NOT_ASSESSED_GROUND), "not assessed", "outside");
  const list = el("ul", "", ...rows.reverse(), partial, unknown, outside);
  place.replaceChildren(el("h2", "", `${label}, 0 – ${top}`), list);
}

function row(mark: HTMLElement, name: string, limits: string): HTMLLIElement {
  return el("li", "", mark, el("span", "", name), el("span", "", limits));
}
