/** From one picture to another, and draws from nothing: where a latent space has holes. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { InterpolationKind, OpenedModel, Rgba } from '../protocol.js';
import { PictureCanvas } from './canvas.js';
import type { Explorer } from './explorer.js';
import { PictureChooser } from './picture-chooser.js';
import { Samples } from './samples.js';
import { Slider } from './slider.js';
import { latestOnly } from './worker-client.js';

export function Between({ explorer }: { explorer: Explorer }) {
  const { models, results, pictures } = explorer.state;
  const [t, setT] = useState(0.5);
  const [kind, setKind] = useState<InterpolationKind>('linear');
  const ready = models.filter(({ name }) => results[name]?.first && results[name]?.second);
  return (
    <section aria-labelledby="between-title">
      <h2 id="between-title">Between two pictures</h2>
      <p class="hint">
        Half-way between two codes a good latent space shows a picture, and one with holes shows none. A grid of codes
        cross-fades: each position knows its own place alone.
      </p>
      <PictureChooser slot="second" onPicture={(source, label) => explorer.choosePicture('second', source, label)} />
      <p class="soft" data-testid="second-picture">
        {pictures.second ? `Second picture: ${pictures.second.label}` : 'No second picture yet.'}
      </p>
      {ready.length > 0 && (
        <>
          <div class="sliders">
            <Slider label="Way" name="way" value={t} min={0} max={1} step={0.02} onValue={setT} />
          </div>
          <div class="toolbar">
            <fieldset aria-label="Interpolation">
              {(['linear', 'spherical'] as const).map((name) => (
                <button
                  type="button"
                  key={name}
                  data-testid={name}
                  aria-pressed={kind === name}
                  onClick={() => setKind(name)}
                >
                  {name}
                </button>
              ))}
            </fieldset>
          </div>
          <div class="between">
            {ready.map((model) => (
              <Midpoint key={model.name} explorer={explorer} model={model} kind={kind} t={t} />
            ))}
          </div>
          {ready.map((model) => (
            <Strip key={model.name} explorer={explorer} model={model} kind={kind} />
          ))}
        </>
      )}
      <h2>Draws</h2>
      <p class="hint">
        From the posterior: pictures that the encoder takes for this one. From the prior, N(0, 1): what the model takes
        for any picture.
      </p>
      <div class="between">
        {models.map(
          (model) => results[model.name]?.first && <Draws key={model.name} explorer={explorer} model={model} />,
        )}
      </div>
    </section>
  );
}

interface OfModel {
  readonly explorer: Explorer;
  readonly model: OpenedModel;
}

/** Changes with either picture, so that what was made of older ones is made anew. */
function latentsOf({ explorer, model }: OfModel) {
  const result = explorer.state.results[model.name];
  return [result?.first?.latent, result?.second?.latent] as const;
}

function Midpoint({ explorer, model, kind, t }: OfModel & { kind: InterpolationKind; t: number }) {
  const [picture, setPicture] = useState<Rgba>();
  const show = useMemo(() => {
    return latestOnly(async (request: { kind: InterpolationKind; t: number }) => {
      await explorer.worker.between(model.name, request.kind, request.t).then(setPicture, explorer.fail);
    });
  }, [model.name]);
  useEffect(() => show({ kind, t }), [kind, t, ...latentsOf({ explorer, model })]);
  return (
    <figure style={{ margin: 0 }} data-testid={`between-${model.name}`} data-ready={picture ? 'yes' : 'no'}>
      <PictureCanvas picture={picture} label={`${model.name} at ${Math.round(100 * t)} % of the way`} />
      <figcaption>{model.name}</figcaption>
    </figure>
  );
}

const stripSteps = 7;

function Strip({ explorer, model, kind }: OfModel & { kind: InterpolationKind }) {
  const [pictures, setPictures] = useState<readonly Rgba[]>([]);
  const show = useMemo(() => {
    return latestOnly(async (wanted: InterpolationKind) => {
      try {
        const strip: Rgba[] = [];
        for (let step = 0; step < stripSteps; step++) {
          strip.push(await explorer.worker.between(model.name, wanted, step / (stripSteps - 1)));
        }
        setPictures(strip);
      } catch (error) {
        explorer.fail(error);
      }
    });
  }, [model.name]);
  useEffect(() => show(kind), [kind, ...latentsOf({ explorer, model })]);
  return (
    <div class="strip-row">
      <h3>{model.name}</h3>
      <div class="strip">
        {pictures.map((picture, step) => (
          <PictureCanvas key={step} picture={picture} label={`${model.name}, step ${step + 1} of ${stripSteps}`} />
        ))}
      </div>
    </div>
  );
}

function Draws({ explorer, model }: OfModel) {
  const [pictures, setPictures] = useState<Partial<Record<'posterior' | 'prior', Rgba>>>({});
  const [seed, setSeed] = useState(0);
  const show = (from: 'posterior' | 'prior') => {
    setSeed(seed + 1);
    explorer.worker.draw(model.name, from, seed).then((picture) => {
      setPictures((old) => ({ ...old, [from]: picture }));
    }, explorer.fail);
  };
  const isPoint = model.facts.latent.posterior !== 'gaussian';
  return (
    <div>
      <h3>{model.name}</h3>
      {(['posterior', 'prior'] as const).map((from) => (
        <div key={from}>
          <button
            type="button"
            class="button"
            data-testid={`draw-${from}-${model.name}`}
            disabled={from === 'posterior' && isPoint}
            onClick={() => show(from)}
          >
            Draw from the {from}
          </button>
          {from === 'posterior' && isPoint && <p class="soft">This model has no posterior: its code is a point.</p>}
          {pictures[from] && (
            <PictureCanvas picture={pictures[from]} label={`${model.name}: a draw from the ${from}`} />
          )}
        </div>
      ))}
      {model.diffusion && <Samples explorer={explorer} name={model.name} {...model.diffusion} />}
    </div>
  );
}
