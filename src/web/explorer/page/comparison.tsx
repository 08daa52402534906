/** The picture and what each model makes of it, at the same lens, with the figures. */
import { formatWithUnit, measureGuides } from '../../../evaluation/measures/measure-guide.js';
import type { OpenedModel } from '../protocol.js';
import { type Lens, lensAt, Magnified, PictureCanvas } from './canvas.js';
import type { ExplorerState, Result } from './explorer.js';

interface ComparisonProps {
  readonly state: ExplorerState;
  readonly lens: Lens;
  onLens(lens: Lens): void;
}

const lensStep = 0.05;
const lensMoves: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-lensStep, 0],
  ArrowRight: [lensStep, 0],
  ArrowUp: [0, -lensStep],
  ArrowDown: [0, lensStep],
};

export function Comparison({ state, lens, onLens }: ComparisonProps) {
  const onPointer = (event: PointerEvent) => {
    if (event.type === 'pointermove' && event.pointerType === 'touch' && event.pressure === 0) return;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    onLens(lensAt((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
  };
  const onKey = (event: KeyboardEvent) => {
    const move = lensMoves[event.key];
    if (!move) return;
    event.preventDefault();
    onLens(lensAt(lens.x + move[0], lens.y + move[1]));
  };
  const results = state.models.map((model) => ({ model, result: state.results[model.name] }));
  const largest = results.reduce<Result | undefined>((best, { result }) => {
    return result?.first && (!best || result.size > best.size) ? result : best;
  }, undefined);
  const touched = { onPointerMove: onPointer, onPointerDown: onPointer, onKeyDown: onKey };
  return (
    <div class="comparison" style={{ '--panes': String(results.length + 1) }}>
      <section class="shown" aria-label="Original">
        <h3>Original</h3>
        <p class="soft">{largest ? `${largest.size} × ${largest.size} px` : '…'}</p>
        <button type="button" class="picture" aria-label="Original: arrow keys move the lens" {...touched}>
          <PictureCanvas picture={largest?.first?.original} label="Original" lens={lens} />
        </button>
        <Magnified picture={largest?.first?.original} lens={lens} label="Original under the lens" />
      </section>
      {results.map(({ model, result }, index) => (
        <section
          class="shown"
          key={model.name}
          style={{ '--key': `var(--model-${index % 16})` }}
          aria-label={model.name}
          data-testid={`model-${index}`}
          data-ready={result?.figures ? 'yes' : 'no'}
        >
          <h3>
            <span class="key" />
            {model.name}
          </h3>
          <p class="soft">{result ? sizeSentence(model, result) : '…'}</p>
          <div class="picture" {...touched}>
            <PictureCanvas
              picture={result?.first?.reconstruction}
              label={`Reconstruction by ${model.name}`}
              lens={lens}
            />
          </div>
          <Magnified picture={result?.first?.reconstruction} lens={lens} label={`${model.name} under the lens`} />
          <FigureList result={result} />
          <p class="soft">Error × 8 (grey is none)</p>
          <PictureCanvas picture={result?.first?.error} label={`Error of ${model.name}, eight times as strong`} />
        </section>
      ))}
    </div>
  );
}

function sizeSentence({ facts }: OpenedModel, { size }: Result): string {
  return `${size} × ${size} px${facts.latent.imageSize === null ? '' : ', its only size'}`;
}

const shownFigures = ['psnrDb', 'ssim', 'gradientEnergyRatio', 'blurSigmaPx'] as const;

function FigureList({ result }: { result: Result | undefined }) {
  const { first, figures } = result ?? {};
  return (
    <dl class="figures">
      {shownFigures.map((name) => (
        <div key={name}>
          <dt title={measureGuides[name].meaning}>{measureGuides[name].label}</dt>
          <dd data-figure={name} data-value={figures?.[name]}>
            {figures ? formatWithUnit(name, figures[name]) : '…'}
          </dd>
        </div>
      ))}
      <div>
        <dt>Floats kept</dt>
        <dd>{first ? `${first.latent.length} (${first.latentShape.join('×')})` : '…'}</dd>
      </div>
      <div>
        <dt>Compression</dt>
        <dd>{first ? `${Number(first.compressionRatio.toPrecision(3))}×` : '…'}</dd>
      </div>
      <div>
        <dt>Computed in</dt>
        <dd data-figure="computeMs">{first ? `${Math.round(first.computeMs)} ms` : '…'}</dd>
      </div>
    </dl>
  );
}
