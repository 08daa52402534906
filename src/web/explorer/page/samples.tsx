/** What a diffusion model makes of noise in the latents of a tokenizer, step by step. */
import { useRef, useState } from 'preact/hooks';
import type { Rgba } from '../protocol.js';
import { PictureCanvas } from './canvas.js';
import type { Explorer } from './explorer.js';
import { forWorker } from './worker-client.js';

interface SamplesProps {
  readonly explorer: Explorer;
  /** Of the tokenizer. */
  readonly name: string;
  readonly classes: readonly string[];
  readonly steps: number;
}

export function Samples({ explorer, name, classes, steps }: SamplesProps) {
  const [frames, setFrames] = useState<readonly Rgba[]>([]);
  const [isDrawing, setDrawing] = useState(false);
  const [label, setLabel] = useState<number | null>(null);
  const seed = useRef(0);
  const draw = () => {
    setFrames([]);
    setDrawing(true);
    const onStep = forWorker((picture: Rgba) => setFrames((old) => [...old, picture]));
    explorer.worker
      .sample(name, label, seed.current++, onStep)
      .catch(explorer.fail)
      .finally(() => setDrawing(false));
  };
  return (
    <div data-testid={`samples-${name}`} data-frames={frames.length}>
      {classes.length > 0 && (
        <label>
          Class{' '}
          <select
            data-testid={`sample-class-${name}`}
            value={label ?? ''}
            onChange={({ currentTarget: { value } }) => setLabel(value === '' ? null : Number(value))}
          >
            <option value="">any</option>
            {classes.map((className, index) => (
              <option key={className} value={index}>
                {className}
              </option>
            ))}
          </select>
        </label>
      )}
      <button type="button" class="button" data-testid={`draw-diffusion-${name}`} disabled={isDrawing} onClick={draw}>
        Draw with the diffusion model
      </button>
      <PictureCanvas picture={frames.at(-1)} label={`${name}: a sample of the diffusion model`} />
      <p class="soft" role="status">
        {frames.length === 0 ? 'From noise to a picture, step by step.' : `Step ${frames.length} of ${steps}`}
      </p>
      <div class="strip">
        {frames
          .filter((_, step) => step % 2 === 1)
          .map((frame, index) => (
            <PictureCanvas key={index} picture={frame} label={`${name}, after step ${2 * index + 2} of ${steps}`} />
          ))}
      </div>
    </div>
  );
}
