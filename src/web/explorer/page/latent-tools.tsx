/** The latent as something to touch: paint, erase, noise, fewer bits, scale, shift, the half of another; decoded at each move. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatWithUnit } from '../../../evaluation/measures/measure-guide.js';
import { type LatentEdits, noEdits, type SwappedHalf } from '../../latent/edits.js';
import { paintLatent } from '../../latent/paint.js';
import type { Decoded, OpenedModel, Reconstruction } from '../protocol.js';
import { PictureCanvas } from './canvas.js';
import type { Explorer } from './explorer.js';
import { colourRgba, LatentCanvas, planeRgba } from './latent-canvas.js';
import { Slider } from './slider.js';
import { latestOnly } from './worker-client.js';

export function LatentTools({ explorer }: { explorer: Explorer }) {
  const { models, results } = explorer.state;
  const [chosen, choose] = useState<string | null>(null);
  const model = models.find(({ name }) => name === chosen) ?? models[0];
  const first = model && results[model.name]?.first;
  if (!model || !first) return null;
  return (
    <section aria-labelledby="latent-title">
      <h2 id="latent-title">The latent, to touch</h2>
      <p class="hint">
        What you see below is all that the model keeps of the picture. Change it and see what becomes of it.
      </p>
      <div class="toolbar">
        <label>
          Model{' '}
          <select data-testid="latent-model" value={model.name} onChange={(event) => choose(event.currentTarget.value)}>
            {models.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <Touch key={model.name} explorer={explorer} model={model} first={first} />
    </section>
  );
}

interface TouchProps {
  readonly explorer: Explorer;
  readonly model: OpenedModel;
  readonly first: Reconstruction;
}

type Tool = 'paint' | 'erase';

function Touch({ explorer, model, first }: TouchProps) {
  const { latent, view, statistics } = first;
  const [painted, setPainted] = useState(latent);
  const [edits, setEdits] = useState<LatentEdits>(noEdits);
  const [plane, setPlane] = useState(0);
  const [tool, setTool] = useState<Tool>('paint');
  const [brush, setBrush] = useState({ side: Math.max(1, Math.round(view.height / 8)), value: 2 });
  const [decoded, setDecoded] = useState<Decoded | null>(null);
  const { worker, fail } = explorer;
  const decode = useMemo(() => {
    return latestOnly(async (request: { latent: Float32Array; edits: LatentEdits }) => {
      await worker.decodeEdited(model.name, request.latent, request.edits).then(setDecoded, fail);
    });
  }, [model.name]);
  // Another picture or size brings another latent: what was painted on the old one is gone with it.
  const known = useRef(latent);
  const isNew = known.current !== latent;
  const current = isNew ? latent : painted;
  useEffect(() => {
    known.current = latent;
    setPainted(latent);
  }, [latent]);
  useEffect(() => decode({ latent: current, edits }), [current, edits]);
  const change = (changes: Partial<LatentEdits>) => setEdits((old) => ({ ...old, ...changes }));
  const hasSecond = explorer.state.results[model.name]?.second !== undefined;
  const onPaint = (row: number, column: number) => {
    const dab = tool === 'erase' ? { plane: null, value: 0 } : { plane, value: brush.value };
    setPainted((old) => paintLatent(old, view, statistics, { row, column, side: brush.side, ...dab }));
  };
  const shownPlane = Math.min(plane, view.planes - 1);
  return (
    <div class="tools">
      <div>
        <h3>Channels</h3>
        <div class="planes">
          <figure style={{ margin: 0 }}>
            <PictureCanvas
              picture={colourRgba(first.colours, view)}
              label="First three principal components as colour"
            />
            <figcaption>{view.planes < 3 ? 'first channel' : 'PCA as colour'}</figcaption>
          </figure>
          {statistics.map((plane, index) => (
            <button type="button" key={index} aria-pressed={index === shownPlane} onClick={() => setPlane(index)}>
              <PictureCanvas picture={planeRgba(current, view, index, plane)} label={`Channel ${index + 1}`} />
              {view.planes === 1 ? 'all numbers' : `channel ${index + 1}`}
            </button>
          ))}
        </div>
      </div>
      <div>
        <h3>{tool === 'erase' ? 'Erase in all channels' : `Paint on channel ${shownPlane + 1}`}</h3>
        <LatentCanvas
          picture={planeRgba(current, view, shownPlane, statistics[shownPlane]!)}
          label={`Channel ${shownPlane + 1}`}
          brush={brush.side}
          onPaint={onPaint}
        />
        <div class="toolbar">
          <fieldset aria-label="Tool">
            {(['paint', 'erase'] as const).map((name) => (
              <button
                type="button"
                key={name}
                data-testid={`tool-${name}`}
                aria-pressed={tool === name}
                onClick={() => setTool(name)}
              >
                {name}
              </button>
            ))}
          </fieldset>
        </div>
        <div class="sliders">
          <Slider
            label="Brush"
            name="brush"
            value={brush.side}
            min={1}
            max={Math.max(1, Math.min(view.height, view.width))}
            step={1}
            onValue={(side) => setBrush((old) => ({ ...old, side }))}
          />
          <Slider
            label="Paint"
            name="brush-value"
            value={brush.value}
            min={-4}
            max={4}
            step={0.25}
            unit=" std"
            onValue={(value) => setBrush((old) => ({ ...old, value }))}
          />
        </div>
      </div>
      <div>
        <h3>All of it</h3>
        <div class="sliders">
          <Slider
            label="Noise"
            name="noise"
            value={edits.noise}
            min={0}
            max={3}
            step={0.05}
            unit=" std"
            onValue={(noise) => change({ noise })}
          />
          <Slider
            label="Scale"
            name="scale"
            value={edits.scale}
            min={0}
            max={3}
            step={0.05}
            unit="×"
            onValue={(scale) => change({ scale })}
          />
          <Slider
            label="Shift"
            name="shift"
            value={edits.shift}
            min={-3}
            max={3}
            step={0.05}
            unit=" std"
            onValue={(shift) => change({ shift })}
          />
          <label>
            Bits
            <select
              data-testid="bits"
              value={edits.bits ?? 'all'}
              onChange={({ currentTarget: { value } }) => change({ bits: value === 'all' ? null : Number(value) })}
            >
              {['all', 8, 6, 5, 4, 3, 2, 1].map((bits) => (
                <option key={bits} value={bits}>
                  {bits === 'all' ? 'as it is (32)' : bits}
                </option>
              ))}
            </select>
          </label>
          <label>
            Half of the second
            <select
              data-testid="swap"
              disabled={!hasSecond}
              value={edits.swap}
              onChange={({ currentTarget: { value } }) => change({ swap: value as SwappedHalf })}
            >
              {['none', 'left', 'right', 'top', 'bottom'].map((half) => (
                <option key={half}>{half}</option>
              ))}
            </select>
          </label>
        </div>
        <div class="toolbar">
          <button type="button" class="button" onClick={() => change({ noiseSeed: edits.noiseSeed + 1 })}>
            Other noise
          </button>
          <button
            type="button"
            class="button"
            data-testid="reset"
            onClick={() => {
              setEdits(noEdits);
              setPainted(latent);
            }}
          >
            As it was
          </button>
        </div>
        {!hasSecond && <p class="soft">Choose a second picture below to swap halves.</p>}
      </div>
      <div>
        <h3>Decoded</h3>
        <PictureCanvas picture={decoded?.picture} label="The changed latent, decoded" />
        <p class="soft" role="status" data-testid="edited-psnr" data-value={decoded?.psnrDb}>
          {decoded ? `PSNR ${formatWithUnit('psnrDb', decoded.psnrDb)}` : '…'}
        </p>
      </div>
    </div>
  );
}
