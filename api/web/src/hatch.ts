/** Patterns drawn here, not fetched: marks for what is not known or only partly known. */

export interface Hatch {
  name: string;
  image: ImageData;
}

const SIZE = 16;

/** Insufficient data: dark lines on a grey that is no colour of any class. */
export const INSUFFICIENT = "hatch-insufficient";
export const INSUFFICIENT_GROUND = "#e4e4e0";
export const INSUFFICIENT_LINE = "#6f6f6a";

/** Partial data: sparse two-toned lines over the class colour, visible on light and on dark. */
export const PARTIAL = "hatch-partial";

/** Both patterns, to be given to the map. */
export function hatches(): Hatch[] {
  return [
    { name: INSUFFICIENT, image: draw(INSUFFICIENT_GROUND, [[INSUFFICIENT_LINE, 3, 0]], 8) },
    { name: PARTIAL, image: draw(null, [["rgba(20,20,20,0.75)", 2, 0], ["rgba(255,255,255,0.9)", 2, 2]], SIZE) },
  ];
}

/** A pattern as a picture for the legend. */
export function swatch(name: string, ground: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = 56;
  canvas.height = 32;
  const pen = penOf(canvas);
  pen.fillStyle = ground;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const found = hatches().find((hatch) => hatch.name === name);
  if (found) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = SIZE;
    penOf(tile).putImageData(found.image, 0, 0);
    pen.fillStyle = pen.createPattern(tile, "repeat") ?? ground;
    pen.fillRect(0, 0, canvas.width, canvas.height);
  }
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

type Line = [colour: string, width: number, shift: number];

/** Diagonal lines every `gap` pixels that meet themselves at the edges of the tile. */
function draw(ground: string | null, lines: Line[], gap: number): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const pen = penOf(canvas);
  if (ground) {
    pen.fillStyle = ground;
    pen.fillRect(0, 0, SIZE, SIZE);
  }
  for (const [colour, width, shift] of lines) {
    pen.fillStyle = colour;
    for (let y = 0; y < SIZE; y += 1) {
      for (let x = 0; x < SIZE; x += 1) {
        if ((x + y + gap - shift) % gap < width) pen.fillRect(x, y, 1, 1);
      }
    }
  }
  return pen.getImageData(0, 0, SIZE, SIZE);
}

function penOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("this browser cannot draw on a canvas");
  return pen;
}
