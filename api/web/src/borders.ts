/** Borders and names of regions and districts, drawn over the cells so that a reader knows where they look. */

import { type LayerSpecification, type Map as MapLibreMap, Marker } from "maplibre-gl";
import type { Areas } from "./api";

const SOURCE = "areas";

const LAYERS: LayerSpecification[] = [
  {
    id: "districts",
    type: "line",
    source: SOURCE,
    filter: ["==", ["get", "level"], 2],
    paint: { "line-color": "#1f2937", "line-width": 0.8, "line-opacity": 0.6 },
  },
  {
    id: "regions",
    type: "line",
    source: SOURCE,
    filter: ["==", ["get", "level"], 1],
    paint: { "line-color": "#111827", "line-width": 1.8, "line-opacity": 0.85 },
  },
];

/** Adds borders and the names of regions to a map that has loaded. */
export function addBorders(map: MapLibreMap, areas: Areas): void {
  const { type, features } = areas;
  map.addSource(SOURCE, { type: "geojson", data: { type, features } });
  for (const layer of LAYERS) map.addLayer(layer);
  for (const { properties } of features) {
    if (properties.level === 1) new Marker({ element: nameplate(properties.name) }).setLngLat(properties).addTo(map);
  }
}

/** Puts the borders over whatever has been drawn since. */
export function raiseBorders(map: MapLibreMap): void {
  for (const { id } of LAYERS) if (map.getLayer(id)) map.moveLayer(id);
}

function nameplate(name: string): HTMLElement {
  const plate = document.createElement("span");
  plate.className = "region-name";
  plate.textContent = name;
  return plate;
}
