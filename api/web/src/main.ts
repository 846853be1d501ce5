/** The page: reads the newest snapshot, draws it, and keeps map, panel and address in step. */

import "./style.css";
import { loadAreas, loadCell, loadStart, loadTiles, type Start } from "./api";
import { Controls } from "./controls";
import { byId, el } from "./dom";
import { onNewer } from "./fresh";
import { drawLegend } from "./legend";
import { CellMap } from "./map";
import { drawPanel } from "./panel";
import { fromHash, toHash, type State } from "./state";

class Page {
  private readonly map: CellMap;
  private readonly controls: Controls;
  private readonly panel = byId("panel", HTMLElement);
  private readonly state: State;
  private readonly top: number;
  private asked = 0;

  constructor(private readonly start: Start) {
    const { manifest, tree } = start;
    const { periods } = manifest.manifest.case;
    this.top = tree.recipe.scale[1];
    const told = fromHash(location.hash);
    this.map = new CellMap(byId("map", HTMLElement), manifest.manifest.bounds, told.view);
    this.controls = new Controls(tree, periods, told, () => void this.draw());
    this.state = { ...told, ...this.controls.choice() };
    this.map.onChoice((cell) => void this.choose(cell));
    this.map.onMove((view) => this.keep({ view }));
    this.map.onFailure(complain);
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") void this.choose("");
    });
  }

  /** Draws the chosen layer and period, and the chosen cell if there is one. */
  async draw(): Promise<void> {
    const { layer, period } = this.controls.choice();
    this.keep({ layer, period });
    this.map.busy(true);
    const turn = (this.asked += 1);
    drawLegend(byId("legend", HTMLElement), this.start.legend, layer, this.controls.layerLabel(), this.top);
    await attempt(async () => {
      const tiles = await loadTiles(this.start.manifest.snapshot, layer, period);
      if (turn !== this.asked) return;
      await this.map.show({ layer, tiles, legend: this.start.legend, cell: this.state.cell });
      await this.explain(turn);
    });
  }

  /** Adds borders and names once the cells stand; the map is of use without them. */
  async orient(): Promise<void> {
    await this.map.orient(await loadAreas(this.start.manifest.snapshot));
  }

  private async choose(cell: string): Promise<void> {
    this.keep({ cell });
    await this.map.choose(cell);
    const turn = (this.asked += 1);
    await attempt(() => this.explain(turn));
    if (cell) this.panel.focus({ preventScroll: true });
  }

  private async explain(turn: number): Promise<void> {
    const { cell, period } = this.state;
    const wasHidden = this.panel.hidden;
    if (cell) {
      const detail = await loadCell(this.start.manifest.snapshot, cell, period);
      if (turn !== this.asked) return;
      drawPanel(this.panel, detail, this.start.legend, this.top, () => void this.choose(""));
    } else {
      this.panel.hidden = true;
    }
    if (wasHidden !== this.panel.hidden) this.map.resize();
  }

  private keep(change: Partial<State>): void {
    Object.assign(this.state, change);
    history.replaceState(null, "", toHash(this.state));
  }
}

function introduce({ manifest, tree }: Start): void {
  const { title } = manifest.manifest.case;
  document.title = `${title} - riskmap`;
  byId("title", HTMLElement).textContent = title;
  byId("synthetic", HTMLElement).hidden = !manifest.synthetic;
  byId("snapshot", HTMLElement).textContent = manifest.snapshot;
  byId("recipe", HTMLElement).textContent = `Recipe ${tree.recipe.name} ${tree.recipe.version}`;
}

/** Offers the newer snapshot; layer, period, view and chosen cell stay, since the address tells them. */
function offer(): void {
  const button = el("button", "", "Show them");
  button.type = "button";
  button.addEventListener("click", () => location.reload());
  const place = byId("fresh", HTMLElement);
  place.hidden = false;
  place.replaceChildren("New data are published. ", button);
}

function complain(why: string): void {
  const place = byId("message", HTMLElement);
  place.textContent = why;
  place.hidden = false;
}

async function attempt(act: () => Promise<void>): Promise<void> {
  byId("message", HTMLElement).hidden = true;
  try {
    await act();
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
  }
}

await attempt(async () => {
  const start = await loadStart();
  introduce(start);
  onNewer(start.manifest.snapshot, offer);
  const page = new Page(start);
  await page.draw();
  await page.orient();
});
