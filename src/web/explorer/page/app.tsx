/** The page. */
import type { Remote } from 'comlink';
import { useEffect, useState } from 'preact/hooks';
import { counted } from '../../../quantities.js';
import type { ExplorerWorker } from '../protocol.js';
import { Between } from './between.js';
import { type Lens, lensAt } from './canvas.js';
import { Comparison } from './comparison.js';
import { type Explorer, useExplorer } from './explorer.js';
import { LatentTools } from './latent-tools.js';
import { fileSource, PictureChooser } from './picture-chooser.js';
import { restartNote } from './settings.js';

const sizes = [64, 96, 128, 192, 256, 384, 512];

export function App({ worker }: { worker: Remote<ExplorerWorker> }) {
  const explorer = useExplorer(worker);
  const [lens, setLens] = useState<Lens>(lensAt(0.5, 0.5));
  const isDragged = useDroppedFiles(explorer);
  const { state } = explorer;
  const allSizes = [...new Set([...sizes, ...(state.size === null ? [] : [state.size])])].sort((a, b) => a - b);
  return (
    <main class={isDragged ? 'dragged' : ''}>
      <p class="kicker">latent-vae explore</p>
      <h1>What does a tokenizer keep of your picture, and why is the other one blurry?</h1>
      <p class="answer">
        Drop a picture anywhere, or paste one. Everything is computed on this page: no picture leaves it, and it loads
        nothing from elsewhere.
      </p>
      <PictureChooser slot="first" onPicture={(source, label) => explorer.choosePicture('first', source, label)} />
      <div class="toolbar">
        <label>
          Size{' '}
          <select
            data-testid="size"
            disabled={state.size === null}
            value={state.size ?? ''}
            onChange={(event) => explorer.setSize(Number(event.currentTarget.value))}
          >
            {allSizes.map((size) => (
              <option key={size} value={size}>
                {size} px
              </option>
            ))}
          </select>
        </label>
        <span role="status" aria-live="polite" data-testid="status">
          {state.status}
        </span>
      </div>
      <p role="alert" class="error" data-testid="error">
        {state.error}
      </p>
      <Comparison state={state} lens={lens} onLens={setLens} />
      <LatentTools explorer={explorer} />
      <Between explorer={explorer} />
      <EngineNotes explorer={explorer} />
    </main>
  );
}

function EngineNotes({ explorer: { state } }: { explorer: Explorer }) {
  const { engine, models } = state;
  if (!engine) return null;
  const where = {
    webgpu: 'WebGPU, checked against WebAssembly',
    wasm: `WebAssembly on ${counted(engine.threads, 'thread')}`,
  };
  const engines = new Set(models.map((model) => model.engine));
  const restart = restartNote();
  const notes = [...(restart ? [restart] : []), ...engine.notes, ...models.flatMap((model) => model.notes)];
  return (
    <footer data-testid="engine" data-engine={engine.engine} data-threads={engine.threads}>
      Computed in {[...(engines.size > 0 ? engines : [engine.engine])].map((name) => where[name]).join(' and ')}.{' '}
      {notes.join(' ')}
    </footer>
  );
}

/** Files dropped on or pasted into the page: a picture, or the two ONNX files of a model. */
function useDroppedFiles({ choosePicture, openFiles }: Explorer): boolean {
  const [isDragged, setDragged] = useState(false);
  useEffect(() => {
    const take = (files: readonly File[]) => {
      const networks = files.filter(({ name }) => name.toLowerCase().endsWith('.onnx'));
      if (networks.length > 0) return openFiles(networks);
      const [picture] = files;
      if (picture) choosePicture('first', fileSource(picture), picture.name);
    };
    const onDrag = (event: DragEvent) => {
      event.preventDefault();
      setDragged(event.type === 'dragover');
    };
    const onDrop = (event: DragEvent) => {
      event.preventDefault();
      setDragged(false);
      take([...(event.dataTransfer?.files ?? [])]);
    };
    const onPaste = (event: ClipboardEvent) => take([...(event.clipboardData?.files ?? [])]);
    const listeners = { dragover: onDrag, dragleave: onDrag, drop: onDrop, paste: onPaste };
    for (const [name, listener] of Object.entries(listeners))
      document.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) {
        document.removeEventListener(name, listener as EventListener);
      }
    };
  }, []);
  return isDragged;
}
