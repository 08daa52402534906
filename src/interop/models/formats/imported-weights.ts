/** Weights of another project's files under our names and in our layout. */
import { assertShape, UserError } from '../../../errors.js';
import { fromTorchLayout, fromTorchShape } from '../../layouts.js';
import type { TensorEntry, TensorFile } from '../../tensor-file.js';

export interface ImportedWeights extends AsyncDisposable {
  /** Shapes in tfjs' layout by our names. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** The files they stand in. */
  readonly paths: readonly string[];
  /** What the files say of themselves, such as a licence. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Names in the file that mean nothing to the model, such as those of a discriminator. */
  readonly unused: readonly string[];
  /** The bytes and the dtypes of all weights together. */
  readonly sizeBytes: number;
  readonly dtypes: readonly string[];
  /**
   * Elements in tfjs' layout. A `UserError` where the weight is missing, has another shape than `shape`, or holds what is no
   * finite number.
   */
  parameter(name: string, shape: readonly number[]): Promise<Float32Array>;
  /** As `parameter`, whatever its elements are. */
  elements(name: string, shape: readonly number[]): Promise<Float32Array>;
  close(): Promise<void>;
}

interface Place {
  readonly file: TensorFile;
  readonly entry: TensorEntry;
  readonly torchShape: readonly number[];
}

/**
 * @param source what the files are called together, for messages
 * @param files the returned weights own them and close them
 * @param rename our name of a tensor, or undefined for one that is not the model's
 */
export async function importWeights(
  source: string,
  files: readonly TensorFile[],
  rename: (name: string, file: TensorFile) => string | undefined,
): Promise<ImportedWeights> {
  const close = async () => {
    for (const file of files) await file.close();
  };
  const places = new Map<string, Place>();
  const unused: string[] = [];
  for (const file of files) {
    for (const entry of file.entries.values()) {
      const name = rename(entry.name, file);
      if (name === undefined) {
        unused.push(entry.name);
      } else if (places.has(name)) {
        await close();
        throw new UserError(`${source} has two weights for ${name}: get or export it again.`);
      } else {
        places.set(name, { file, entry, torchShape: torchShapeOf(name, entry.shape) });
      }
    }
  }
  const all = [...places.values()];
  const elements = async (name: string, shape: readonly number[]) => {
    const place = places.get(name);
    if (place === undefined) throw new UserError(`${source} has no weight ${name}: it is incomplete or another model.`);
    const { file, entry, torchShape } = place;
    assertShape(`${name} in ${source}`, fromTorchShape(torchShape), shape, 'its shape and its config do not agree');
    return fromTorchLayout(await file.readFloat32(entry.name), torchShape);
  };
  return {
    shapes: new Map([...places].map(([name, { torchShape }]) => [name, fromTorchShape(torchShape)])),
    paths: files.map(({ path }) => path),
    metadata: Object.assign({}, ...files.map(({ metadata }) => metadata)) as Record<string, string>,
    unused,
    sizeBytes: all.reduce((sum, { entry }) => sum + entry.sizeBytes, 0),
    dtypes: [...new Set(all.map(({ entry }) => entry.dtype))].sort(),
    elements,
    async parameter(name, shape) {
      const values = await elements(name, shape);
      if (allFinite(values)) return values;
      const broken = values.find((value) => !Number.isFinite(value));
      throw new UserError(`${name} in ${source} holds ${broken}: the model is broken, get or train it again.`);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Zero times anything but a finite number is no number: faster than asking each, of hundreds of millions. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += (values[at] as number) * 0;
  return sum === 0;
}

/**
 * Attention's projections are dense layers here, and what surrounds them are convolutions; files hold either as the other, which
 * are the same numbers.
 */
function torchShapeOf(name: string, shape: readonly number[]): readonly number[] {
  const [outputs = 0, inputs = 0, height, width] = shape;
  if (/\.attentions\.\d+\.to_(q|k|v|out\.0)\.weight$/.test(name) && height === 1 && width === 1)
    return [outputs, inputs];
  const isPointwise = /^((post_)?quant_conv|.*\.conv_shortcut)\.weight$/.test(name);
  return isPointwise && shape.length === 2 ? [outputs, inputs, 1, 1] : shape;
}
