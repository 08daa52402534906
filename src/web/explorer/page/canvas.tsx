/** Pictures on the page, with one lens over all of them. */
import { useEffect, useRef } from 'preact/hooks';
import type { Rgba } from '../protocol.js';

/** Centre of the lens in shares of the picture's sides. */
export interface Lens {
  readonly x: number;
  readonly y: number;
}

/** Share of a picture's side that the lens covers. */
export const lensSide = 0.25;

const withinPicture = (place: number) => Math.min(1 - lensSide / 2, Math.max(lensSide / 2, place));
export const lensAt = (x: number, y: number): Lens => ({ x: withinPicture(x), y: withinPicture(y) });

export function draw(canvas: HTMLCanvasElement | null, { data, width, height }: Rgba): void {
  if (!canvas) return;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0);
}

export function PictureCanvas({ picture, label, lens }: { picture: Rgba | undefined; label: string; lens?: Lens }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (picture) draw(canvas.current, picture);
  }, [picture]);
  return (
    <span class="frame">
      <canvas ref={canvas} role="img" aria-label={label} width={1} height={1} />
      {lens && picture && (
        <span
          class="lens"
          style={{
            left: `${100 * (lens.x - lensSide / 2)}%`,
            top: `${100 * (lens.y - lensSide / 2)}%`,
            width: `${100 * lensSide}%`,
            height: `${100 * lensSide}%`,
          }}
        />
      )}
    </span>
  );
}

/** What lies under the lens, as large as the picture itself. */
export function Magnified({ picture, lens, label }: { picture: Rgba | undefined; lens: Lens; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (picture) draw(canvas.current, cutLens(picture, lens));
  }, [picture, lens]);
  return (
    <span class="frame magnified">
      <canvas ref={canvas} role="img" aria-label={label} width={1} height={1} />
    </span>
  );
}

function cutLens({ data, width, height }: Rgba, { x, y }: Lens): Rgba {
  const side = Math.max(1, Math.round(lensSide * width));
  const left = Math.min(width - side, Math.max(0, Math.round(x * width - side / 2)));
  const top = Math.min(height - side, Math.max(0, Math.round(y * height - side / 2)));
  const cut = new Uint8ClampedArray(4 * side * side);
  for (let row = 0; row < side; row++) {
    const start = 4 * ((top + row) * width + left);
    cut.set(data.subarray(start, start + 4 * side), 4 * side * row);
  }
  return { data: cut, width: side, height: side };
}
