/** The map itself: one vector source of cells, drawn by layers that `paint` makes; nothing is loaded from elsewhere. */

import {
  type LngLat,
  Map as MapLibreMap,
  NavigationControl,
  type PointLike,
  ScaleControl,
  setWorkerUrl,
  type StyleSpecification,
  type VectorTileSource,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";
import type { Areas, Legend, TileJson } from "./api";
import { addBorders, raiseBorders } from "./borders";
import { hatches } from "./hatch";
import { cellLayers, CHOSEN, FILLED, chosenFilter, SOURCE } from "./paint";
import type { View } from "./state";

const STYLE: StyleSpecification = {
  version: 8,
  sources: {},
  layers: [{ id: "ground", type: "background", paint: { "background-color": "#f3f2ee" } }],
};

export interface Shown {
  layer: string;
  tiles: TileJson;
  legend: Legend;
  cell: string;
}

/** A map over the bounds of a snapshot, or at the view the reader last had. */
export class CellMap {
  private readonly map: MapLibreMap;
  private readonly ready: Promise<void>;
  private layer = "";
  private pointed: LngLat | null = null;

  constructor(container: HTMLElement, bounds: [number, number, number, number], view: View | null) {
    setWorkerUrl(workerUrl);
    this.map = new MapLibreMap({
      container,
      style: STYLE,
      ...(view ? at(view) : { bounds, fitBoundsOptions: { padding: roomFor(container) } }),
      attributionControl: false,
      locale: { "Map.Title": "Map: arrow keys move it, Enter opens the cell in the middle" },
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new ScaleControl({}), "bottom-right");
    this.ready = new Promise((resolve) => this.map.once("load", () => resolve()));
    void this.ready.then(() => {
      for (const hatch of hatches()) this.map.addImage(hatch.name, hatch.image, { pixelRatio: 2 });
    });
  }

  /** Draws a layer of a period; a new period only swaps the tiles. */
  async show({ layer, tiles, legend, cell }: Shown): Promise<void> {
    await this.ready;
    this.map.once("idle", () => this.busy(false));
    const source = this.map.getSource<VectorTileSource>(SOURCE);
    if (source && this.layer === layer) {
      source.setTiles(tiles.tiles);
      return;
    }
    this.clear();
    const { minzoom, maxzoom, bounds } = tiles;
    this.map.addSource(SOURCE, { type: "vector", tiles: tiles.tiles, minzoom, maxzoom, bounds });
    const sourceLayer = tiles.vector_layers[0]?.id ?? layer;
    for (const one of cellLayers(layer, sourceLayer, legend, cell)) this.map.addLayer(one);
    raiseBorders(this.map);
    this.layer = layer;
  }

  /** Draws borders and names over the cells. */
  async orient(areas: Areas): Promise<void> {
    await this.ready;
    addBorders(this.map, areas);
  }

  /** Outlines a cell; none where the name is empty. */
  async choose(cell: string): Promise<void> {
    await this.ready;
    if (this.map.getLayer(CHOSEN)) this.map.setFilter(CHOSEN, chosenFilter(cell));
  }

  /** Calls back with the cell clicked on, or the one in the middle on Enter; an empty name beside them all. */
  onChoice(tell: (cell: string) => void): void {
    this.map.on("click", (event) => {
      this.pointed = event.lngLat;
      tell(this.cellAt(event.point));
    });
    this.map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key === "Enter") tell(this.cellAt(this.map.project(this.map.getCenter())));
    });
    for (const layer of FILLED) {
      this.map.on("mouseenter", layer, () => this.cursor("pointer"));
      this.map.on("mouseleave", layer, () => this.cursor(""));
    }
  }

  /** Calls back when the reader has moved the map. */
  onMove(tell: (view: View) => void): void {
    this.map.on("moveend", () => {
      const { lng, lat } = this.map.getCenter();
      tell({ zoom: this.map.getZoom(), lat, lon: lng });
    });
  }

  /** Calls back with what the map could not load. */
  onFailure(tell: (why: string) => void): void {
    this.map.on("error", (event) => tell(event.error.message));
  }

  /** Fits the canvas to its place after the page's layout has changed, the place last pointed at kept in sight. */
  resize(): void {
    this.map.resize();
    if (this.pointed && !this.map.getBounds().contains(this.pointed)) this.map.panTo(this.pointed, { duration: 0 });
  }

  /** Says to whoever waits, assistive technology included, that the map is not yet what was asked for. */
  busy(is: boolean): void {
    this.map.getContainer().ariaBusy = String(is);
  }

  private cellAt(point: PointLike): string {
    const drawn = FILLED.filter((layer) => this.map.getLayer(layer));
    const found = this.map.queryRenderedFeatures(point, { layers: drawn });
    return String(found[0]?.properties.cell ?? "");
  }

  private cursor(shape: string): void {
    this.map.getCanvas().style.cursor = shape;
  }

  private clear(): void {
    for (const one of this.map.getStyle().layers) {
      if ("source" in one && one.source === SOURCE) this.map.removeLayer(one.id);
    }
    if (this.map.getSource(SOURCE)) this.map.removeSource(SOURCE);
  }
}

function at({ lon, lat, zoom }: View): { center: [number, number]; zoom: number } {
  return { center: [lon, lat], zoom };
}

/** Room around the cells; on a wide screen the controls stand over the map's left. */
function roomFor(container: HTMLElement): { top: number; right: number; bottom: number; left: number } {
  const left = container.clientWidth > 700 ? 320 : 24;
  return { top: 24, right: 48, bottom: 40, left };
}
