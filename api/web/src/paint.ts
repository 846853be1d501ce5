/** How cells are drawn: class colours for what is known, hatching for what is not. */

import type {
  DataDrivenPropertyValueSpecification,
  FillLayerSpecification,
  FilterSpecification,
  LayerSpecification,
  LineLayerSpecification,
} from "maplibre-gl";
import type { Legend } from "./api";
import { INSUFFICIENT, PARTIAL } from "./hatch";

export const SOURCE = "cells";
export const RISK = "risk";
export const CHOSEN = "chosen";

/** Layers that between them cover each cell once. */
export const FILLED = ["known", "insufficient"];

type FillPaint = NonNullable<FillLayerSpecification["paint"]>;
type LinePaint = NonNullable<LineLayerSpecification["paint"]>;

/** Outlines of cells, where they are large enough to have one. */
const EDGES: LinePaint = {
  "line-color": "#3a3a3a",
  "line-width": 0.6,
  "line-opacity": ["interpolate", ["linear"], ["zoom"], 5, 0, 8, 0.6],
};

/** The tile property that a layer is coloured by. */
export function propertyOf(layer: string): string {
  return layer === RISK ? "score" : "value";
}

/** Colour by class limits; a value on a limit belongs to the class above it. */
export function colourOf(property: string, legend: Legend): DataDrivenPropertyValueSpecification<string> {
  const steps = legend.classes.flatMap((step, index) => {
    const from = legend.classes[index - 1]?.below;
    return from === null || from === undefined ? [] : [from, step.colour];
  });
  const first = legend.classes[0]?.colour ?? "#000000";
  return ["step", ["get", property], first, ...steps] as DataDrivenPropertyValueSpecification<string>;
}

/** Colour of one value, for bars beside the map. */
export function colourAt(value: number, legend: Legend): string {
  const found = legend.classes.find((step) => step.below === null || value < step.below);
  return found?.colour ?? "#000000";
}

/** The map's layers for one of the snapshot's layers, bottom to top. */
export function cellLayers(layer: string, sourceLayer: string, legend: Legend, cell: string): LayerSpecification[] {
  const property = propertyOf(layer);
  const known: FilterSpecification = ["has", property];
  const from = { source: SOURCE, "source-layer": sourceLayer };
  const fill = (id: string, filter: FilterSpecification, paint: FillPaint): LayerSpecification => {
    return { id, type: "fill", ...from, filter, paint };
  };
  return [
    fill("known", known, { "fill-color": colourOf(property, legend), "fill-antialias": false }),
    fill("partial", ["all", known, ["==", ["get", "status"], 1]], { "fill-pattern": PARTIAL }),
    fill("insufficient", ["!", known], { "fill-pattern": INSUFFICIENT }),
    { id: "edges", type: "line", ...from, paint: EDGES },
    { id: CHOSEN, type: "line", ...from, filter: chosenFilter(cell), paint: { "line-color": "#000", "line-width": 3 } },
  ];
}

/** The filter that leaves the chosen cell. */
export function chosenFilter(cell: string): FilterSpecification {
  return ["==", ["get", "cell"], cell];
}
