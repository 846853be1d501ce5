/** What the service says, as the map reads it. */

export interface Said {
  snapshot: string;
  synthetic: boolean;
  note: string;
}

export interface RecipeNode {
  id: string;
  label: string;
  weight: number;
}

export interface IndicatorNode extends RecipeNode {
  unit: string;
  fed: boolean;
}

export interface ComponentNode extends RecipeNode {
  indicators: IndicatorNode[];
}

export interface DimensionNode extends RecipeNode {
  components: ComponentNode[];
}

export interface Tree extends Said {
  recipe: { name: string; title?: string; version: string; scale: [number, number] };
  dimensions: DimensionNode[];
}

export interface LegendClass {
  name: string;
  below: number | null;
  colour: string;
}

export interface Legend extends Said {
  classes: LegendClass[];
}

export interface Manifest extends Said {
  manifest: {
    bounds: [number, number, number, number];
    case: { title: string; periods: string[]; step: string; resolution: number };
  };
}

export interface Areas extends Said {
  type: "FeatureCollection";
  features: {
    type: "Feature";
    properties: { level: number; pcode: string; name: string; lon: number; lat: number };
    geometry:
      | { type: "Polygon"; coordinates: number[][][] }
      | { type: "MultiPolygon"; coordinates: number[][][][] };
  }[];
}

export interface TileJson extends Said {
  tiles: string[];
  minzoom: number;
  maxzoom: number;
  bounds: [number, number, number, number];
  attribution: string;
  vector_layers: { id: string; fields: Record<string, string> }[];
}

export interface Licence {
  id: string;
  attribution: string;
  url: string;
}

export interface IndicatorDetail {
  id: string;
  label: string;
  fed: boolean;
  score: number | null;
  value: number | null;
  unit: string;
  coverage: number | null;
  support: string | null;
  age_days: number | null;
  measure: string | null;
  proxy: string | null;
}

export interface ComponentDetail {
  id: string;
  label: string;
  score: number | null;
  weight: number;
  indicators: IndicatorDetail[];
}

export interface DimensionDetail {
  id: string;
  label: string;
  score: number | null;
  weight: number;
  components: ComponentDetail[];
}

export interface CellDetail extends Said {
  cell: string;
  period: string;
  score: number | null;
  low: number | null;
  high: number | null;
  class: string | null;
  status: string;
  coverage: number;
  population: number | null;
  admin1_name: string | null;
  admin2_name: string | null;
  dimensions: DimensionDetail[];
  inputs: { source: string; title?: string; licence: Licence }[];
}

/** Everything the map needs before it can be drawn. */
export interface Start {
  manifest: Manifest;
  tree: Tree;
  legend: Legend;
}

/** The newest snapshot's description; what follows names its id, so that a later publish never mixes in. */
export async function loadStart(): Promise<Start> {
  const manifest = await get<Manifest>("/v1/snapshots/latest");
  const asked = `snapshot=${manifest.snapshot}`;
  const [tree, legend] = await Promise.all([
    get<Tree>(`/v1/indicators?${asked}`),
    get<Legend>(`/v1/legend?${asked}`),
  ]);
  return { manifest, tree, legend };
}

/** Id of the newest snapshot; as long as it is the same, the answer is a short 304. */
export async function loadNewest(): Promise<string> {
  return (await get<Said>("/v1/snapshots/latest")).snapshot;
}

/** Regions and districts, for finding one's way. */
export function loadAreas(snapshot: string): Promise<Areas> {
  return get(`/v1/areas?snapshot=${snapshot}`);
}

/** Where the tiles of a layer and period are. */
export function loadTiles(snapshot: string, layer: string, period: string): Promise<TileJson> {
  return get(`/v1/snapshots/${snapshot}/tiles/${layer}/${period}.json`);
}

/** Why a cell has the score it has. */
export function loadCell(snapshot: string, cell: string, period: string): Promise<CellDetail> {
  return get(`/v1/cells/${cell}?period=${period}&snapshot=${snapshot}`);
}

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  const body: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(refusal(body) ?? `${path}: ${answer.status} ${answer.statusText}`);
  return body as T;
}

function refusal(body: unknown): string | null {
  const told = body !== null && typeof body === "object" && "detail" in body ? body.detail : null;
  return typeof told === "string" ? told : null;
}
