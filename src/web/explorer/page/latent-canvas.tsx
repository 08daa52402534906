/** One plane of a latent, large enough to paint on with mouse, finger or keys. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LatentView, PlaneStatistics } from '../../index.js';
import type { Rgba } from '../protocol.js';
import { draw } from './canvas.js';

/** The plane in grey: mean ± 3 std. */
export function planeRgba(
  values: Float32Array,
  { height, width }: LatentView,
  plane: number,
  { mean, std }: PlaneStatistics,
): Rgba {
  const data = new Uint8ClampedArray(4 * height * width);
  for (let at = 0; at < height * width; at++) {
    const value = values[plane * height * width + at] as number;
    data.fill(127.5 + (42.5 * (value - mean)) / (std || 1), 4 * at, 4 * at + 3);
    data[4 * at + 3] = 255;
  }
  return { data, width, height };
}

/** RGB bytes as a canvas takes them. */
export function colourRgba(colours: Uint8ClampedArray, { height, width }: LatentView): Rgba {
  const data = new Uint8ClampedArray(4 * height * width).fill(255);
  for (let at = 0; at < height * width; at++) data.set(colours.subarray(3 * at, 3 * at + 3), 4 * at);
  return { data, width, height };
}

interface LatentCanvasProps {
  readonly picture: Rgba;
  readonly label: string;
  /** Side of the brush in cells. */
  readonly brush: number;
  onPaint(row: number, column: number): void;
}

const moves: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

export function LatentCanvas({ picture, label, brush, onPaint }: LatentCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [[row, column], setCursor] = useState<readonly [number, number]>([0, 0]);
  const { width, height } = picture;
  useEffect(() => draw(canvas.current, picture), [picture]);
  const within = (place: number, length: number) => Math.min(length - 1, Math.max(0, place));
  const onPointer = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const at = [
      within(Math.floor(((event.clientY - box.top) / box.height) * height), height),
      within(Math.floor(((event.clientX - box.left) / box.width) * width), width),
    ] as const;
    setCursor(at);
    if (event.buttons !== 0) onPaint(...at);
  };
  const onKey = (event: KeyboardEvent) => {
    const move = moves[event.key];
    if (move) setCursor([within(row + move[0], height), within(column + move[1], width)]);
    else if (event.key === ' ' || event.key === 'Enter') onPaint(row, column);
    else return;
    event.preventDefault();
  };
  const share = (cells: number, length: number) => `${(100 * cells) / length}%`;
  return (
    <button
      type="button"
      class="frame paint"
      data-testid="paint"
      style={{ aspectRatio: `${width} / ${height}`, width: '100%' }}
      aria-label={`${label}: arrow keys move the brush, space paints`}
      onPointerDown={onPointer}
      onPointerMove={onPointer}
      onKeyDown={onKey}
    >
      <canvas ref={canvas} width={1} height={1} />
      <span
        class="cursor"
        style={{
          top: share(row - Math.floor(brush / 2), height),
          left: share(column - Math.floor(brush / 2), width),
          height: share(brush, height),
          width: share(brush, width),
        }}
      />
    </button>
  );
}
