/** What the reader looks at, kept in the address so that it can be passed on: layer, period, view and chosen cell. */

export interface View {
  zoom: number;
  lat: number;
  lon: number;
}

export interface State {
  layer: string;
  period: string;
  view: View | null;
  cell: string;
}

/** The state that an address hash tells; what it leaves out is empty. */
export function fromHash(hash: string): State {
  const told = new URLSearchParams(hash.replace(/^#/, ""));
  return {
    layer: told.get("layer") ?? "",
    period: told.get("period") ?? "",
    view: viewOf(told.get("view") ?? ""),
    cell: told.get("cell") ?? "",
  };
}

/** The hash that tells a state. */
export function toHash(state: State): string {
  const told = new URLSearchParams({ layer: state.layer, period: state.period });
  if (state.view) {
    const { zoom, lat, lon } = state.view;
    told.set("view", `${zoom.toFixed(2)}/${lat.toFixed(4)}/${lon.toFixed(4)}`);
  }
  if (state.cell) told.set("cell", state.cell);
  return `#${told.toString().replaceAll("%2F", "/")}`;
}

function viewOf(text: string): View | null {
  const [zoom, lat, lon] = text.split("/").map(Number);
  if (zoom === undefined || lat === undefined || lon === undefined) return null;
  return [zoom, lat, lon].every(Number.isFinite) && Math.abs(lat) <= 90 ? { zoom, lat, lon } : null;
}
