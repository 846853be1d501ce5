/** Controls: which layer and which period the map shows; all of them work from the keyboard. */

import type { IndicatorNode, Tree } from "./api";
import { byId, el } from "./dom";
import { RISK } from "./paint";
import { periodWords } from "./words";

export interface Choice {
  layer: string;
  period: string;
}

/** Fills the controls and tells of each choice; choices that the snapshot does not have fall back to its own. */
export class Controls {
  private readonly layer = byId("layer", HTMLSelectElement);
  private readonly slider = byId("period", HTMLInputElement);
  private readonly label = byId("period-label", HTMLOutputElement);
  private readonly earlier = byId("earlier", HTMLButtonElement);
  private readonly later = byId("later", HTMLButtonElement);

  constructor(tree: Tree, private readonly periods: string[], asked: Choice, tell: (choice: Choice) => void) {
    this.layer.replaceChildren(...layerOptions(tree));
    this.layer.value = asked.layer;
    if (!this.layer.value) this.layer.value = RISK;
    const last = periods.length - 1;
    this.slider.max = String(last);
    this.slider.value = String(periods.includes(asked.period) ? periods.indexOf(asked.period) : last);
    byId("first-period", HTMLElement).textContent = periods[0] ?? "";
    byId("last-period", HTMLElement).textContent = periods[last] ?? "";
    this.name();
    this.layer.addEventListener("change", () => tell(this.choice()));
    this.slider.addEventListener("input", () => this.moved(tell));
    this.earlier.addEventListener("click", () => this.step(-1, tell));
    this.later.addEventListener("click", () => this.step(1, tell));
  }

  /** What is chosen now. */
  choice(): Choice {
    return { layer: this.layer.value, period: this.periods[Number(this.slider.value)] ?? "" };
  }

  /** The chosen layer's name, as the list has it. */
  layerLabel(): string {
    return this.layer.selectedOptions[0]?.text ?? "";
  }

  private step(by: number, tell: (choice: Choice) => void): void {
    this.slider.value = String(Number(this.slider.value) + by);
    this.moved(tell);
  }

  private moved(tell: (choice: Choice) => void): void {
    this.name();
    tell(this.choice());
  }

  private name(): void {
    const words = periodWords(this.choice().period);
    this.label.textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
    this.earlier.disabled = this.slider.value === this.slider.min;
    this.later.disabled = this.slider.value === this.slider.max;
  }
}

function layerOptions(tree: Tree): HTMLElement[] {
  const components = tree.dimensions.flatMap((one) => one.components);
  return [
    option(RISK, tree.recipe.title ?? "Risk"),
    group("Dimensions", tree.dimensions.map((one) => option(one.id, one.label))),
    group("Components", components.map((one) => option(one.id, one.label))),
    ...components.map((one) => group(`Indicators: ${one.label}`, one.indicators.map(indicatorOption))),
  ];
}

function indicatorOption({ id, label, fed }: IndicatorNode): HTMLOptionElement {
  return option(id, fed ? label : `${label} (no data)`, !fed);
}

function group(label: string, options: HTMLOptionElement[]): HTMLElement {
  const made = el("optgroup", "", ...options);
  made.label = label;
  return made;
}

function option(value: string, label: string, disabled = false): HTMLOptionElement {
  const made = el("option", "", label);
  made.value = value;
  made.disabled = disabled;
  return made;
}
