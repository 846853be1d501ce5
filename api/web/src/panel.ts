/** The panel: why a cell has the score it has, down to raw values, their age, their reach and their terms. */

import type { CellDetail, ComponentDetail, DimensionDetail, IndicatorDetail, Legend } from "./api";
import { bar, el, range } from "./dom";
import { colourAt } from "./paint";
import { ageWords, NO_DATA, scoreWords, sentence, shareWords, valueWords } from "./words";

/** Fills the panel with a cell; `close` is called when the reader wants it gone. */
export function drawPanel(place: HTMLElement, cell: CellDetail, legend: Legend, top: number, close: () => void): void {
  const parts = cell.dimensions.map((one) => dimension(one, legend, top));
  place.replaceChildren(head(cell, close), ...verdict(cell, legend, top), ...parts, sources(cell), doubt(cell));
  place.hidden = false;
}

function head(cell: CellDetail, close: () => void): HTMLElement {
  const names = [cell.admin2_name, cell.admin1_name].filter((name) => name !== null);
  const people = cell.population === null ? "people unknown" : `about ${valueWords(cell.population)} people`;
  const button = el("button", "", "Close");
  button.type = "button";
  button.addEventListener("click", close);
  const title = el("h2", "", names.join(", ") || "Cell");
  const place = el("p", "place", "Cell ", el("code", "", cell.cell), `, ${people}`);
  return el("header", "", el("div", "", title, place), button);
}

function verdict(cell: CellDetail, legend: Legend, top: number): HTMLElement[] {
  const said = el("p", "sentence", sentence(cell, top));
  if (cell.score === null || cell.low === null || cell.high === null) {
    return [el("p", "verdict", el("span", "chip", "insufficient data")), said];
  }
  const chip = el("span", "chip", cell.class ?? NO_DATA);
  chip.style.borderLeft = `14px solid ${colourAt(cell.score, legend)}`;
  const score = el("strong", "", scoreWords(cell.score));
  score.id = "panel-score";
  const partial = cell.status === "partial" ? el("span", "chip", "partial data") : null;
  const reach = `low ${scoreWords(cell.low)}, high ${scoreWords(cell.high)}`;
  const ends = el("p", "ticks", ...["0", reach, String(top)].map((words) => el("span", "", words)));
  return [el("p", "verdict", score, chip, partial), range(cell.low, cell.score, cell.high, top), ends, said];
}

function dimension(one: DimensionDetail, legend: Legend, top: number): HTMLElement {
  const title = part(el("h3", "", one.label), one.score, legend, top);
  title.classList.add("dimension");
  return el("section", "", title, ...one.components.map((each) => component(each, legend, top)));
}

function component(one: ComponentDetail, legend: Legend, top: number): HTMLElement {
  const name = el("h4", "", `${one.label} `, el("span", "quiet", `weight ${shareWords(one.weight)}`));
  const title = part(name, one.score, legend, top);
  return el("section", "", title, ...one.indicators.map((each) => indicator(each, legend, top)));
}

function indicator(one: IndicatorDetail, legend: Legend, top: number): HTMLElement {
  const made = part(el("span", "", one.label), one.score, legend, top);
  made.classList.add("indicator");
  if (!one.fed) made.classList.add("unfed");
  made.append(el("span", "more quiet", one.value === null ? absence(one) : facts(one)));
  return made;
}

function part(name: HTMLElement, score: number | null, legend: Legend, top: number): HTMLElement {
  const number = el("span", "number", scoreWords(score));
  if (score === null) return el("div", "part none", name, number);
  return el("div", "part", name, bar(score, top, colourAt(score, legend)), number);
}

function absence(one: IndicatorDetail): string {
  return one.fed ? `unknown here in this period (${one.unit})` : `no input of this snapshot gives it (${one.unit})`;
}

function facts(one: IndicatorDetail): string {
  const told = [
    `${valueWords(one.value)} (${one.unit})`,
    one.support === null ? null : `known for: ${one.support}`,
    one.age_days === null ? null : ageWords(one.age_days),
    one.coverage === null ? null : `${shareWords(one.coverage)} observed`,
    one.measure === null ? null : `from ${one.measure}`,
    one.proxy ? `stand-in: ${one.proxy}` : null,
  ];
  return told.filter((each) => each !== null).join("; ");
}

function sources(cell: CellDetail): HTMLElement {
  const rows = cell.inputs.map(({ source, title, licence }) =>
    el("li", "", `${title ?? source}: ${licence.attribution} `, el("span", "quiet", `(${licence.id})`)),
  );
  return el("section", "", el("h3", "", "Sources and terms"), el("ul", "sources", ...rows));
}

function doubt(cell: CellDetail): HTMLElement {
  return el("p", "quiet", `${cell.note} Snapshot ${cell.snapshot}${cell.synthetic ? ", synthetic" : ""}.`);
}
