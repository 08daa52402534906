/** Latents drawn from noise by an exported diffusion model, where ONNX Runtime runs. */
import { type ChannelsFirst, toChannelsFirst, toChannelsLast } from '../../channel-axes.js';
import type { DiffusionModelConfig, SamplerName } from '../../config/options/diffusion-options.js';
import { denormalize } from '../../diffusion/model/normalization.js';
import { processes } from '../../diffusion/process/process.js';
import { samplingDefaults } from '../../diffusion/sampling/defaults.js';
import { assertSampler, solve } from '../../diffusion/sampling/solvers.js';
import { reasonOf, UserError } from '../../errors.js';
import { normals } from '../../random.js';
import type { OnnxRuntime, OnnxSession } from '../tokenizer/onnx-runtime.js';
import type { LatentShape } from '../tokenizer/tokenizer.js';

/** An exported diffusion model. */
export interface SamplerFiles {
  /** Content of denoiser.onnx as `latent-vae export --diffusion RUN --format onnx` writes it. */
  readonly denoiser: Uint8Array;
  /** Content of diffusion.json, which lies beside it. */
  readonly config: DiffusionModelConfig;
}

/** What is drawn. */
export interface SampleRequest {
  /** Position among the model's classes; their number, or nothing, stands for none. */
  readonly class?: number;
  /** How much the class counts (arXiv 2207.12598): 1 = as it was learned. Default: 1.5 where there are classes. */
  readonly guidance?: number;
  /** Default: heun for a flow, ddim for a model that predicts noise. */
  readonly sampler?: SamplerName;
  /** Default: 25. */
  readonly steps?: number;
  /** With it `latent-vae sample` draws the same latent as picture 0. */
  readonly seed?: number;
  /** Shows the latent after every step, unscaled, [Z, h, w]; sampling waits for it. */
  readonly onStep?: (latent: Float32Array, stepsDone: number) => void | Promise<void>;
}

/** Draws latents from noise. */
export interface LatentSampler extends LatentShape {
  /** Names of the classes it can be told; none where it knows of none. */
  readonly classes: readonly string[];
  /** A latent as the tokenizer's decoder takes it: unscaled, [Z, h, w]. */
  sample(request?: SampleRequest): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/**
 * Opens an exported diffusion model.
 *
 * @throws UserError where ONNX Runtime refuses the file
 */
export async function openSampler(
  ort: OnnxRuntime,
  { denoiser, config }: SamplerFiles,
  executionProviders: readonly string[] = ['wasm'],
): Promise<LatentSampler> {
  const session = await ort.InferenceSession.create(denoiser, { executionProviders }).catch((error: unknown) => {
    throw new UserError(`ONNX Runtime cannot open the diffusion model (${reasonOf(error).slice(0, 200)}).`);
  });
  const [height, width, channels] = config.denoiser.latentShape;
  const shape = { channels, height, width };
  const axes: ChannelsFirst = [channels, height, width];
  const { classes } = config.denoiser;
  const process = processes[config.process];
  const defaults = { class: classes.length, steps: 25, seed: 0, ...samplingDefaults(config) };
  return {
    ...shape,
    classes,
    async sample(request = {}) {
      const { sampler, steps, seed, guidance, class: label, onStep } = { ...defaults, ...request };
      assertSampler(process, sampler);
      const isGuided = guidance !== 1 && label < classes.length;
      const labels = isGuided ? [label, classes.length] : [label];
      const predict = async (noisy: Float32Array, time: number) => {
        const answers = await predictAll(ort, session, toChannelsFirst(noisy, axes), shape, time, labels);
        return toChannelsLast(guided(answers, noisy.length, isGuided ? guidance : 1), axes);
      };
      const raw = (latents: Float32Array) => toChannelsFirst(denormalize(latents, config.normalization), axes);
      const noise = normals(channels * height * width, 'sample', seed, 0);
      const latents = await solve(process, sampler, steps, Float32Array.from(noise), predict, (state, done) =>
        onStep?.(raw(state), done),
      );
      return raw(latents);
    },
    dispose: () => session.release(),
  };
}

/** The predictions for one noisy latent under each of `labels`, one after the other. */
async function predictAll(
  ort: OnnxRuntime,
  session: OnnxSession,
  noisy: Float32Array,
  { channels, height, width }: LatentShape,
  time: number,
  labels: readonly number[],
): Promise<Float32Array> {
  const batch = labels.length;
  const latents = new Float32Array(batch * noisy.length);
  for (let index = 0; index < batch; index++) latents.set(noisy, index * noisy.length);
  const inputs = {
    latent: new ort.Tensor('float32', latents, [batch, channels, height, width]),
    time: new ort.Tensor('float32', new Float32Array(batch).fill(time), [batch]),
    class: new ort.Tensor('int32', Int32Array.from(labels), [batch]),
  };
  // A network that nobody can tell a class has no input for it.
  const taken = Object.entries(inputs).filter(([name]) => session.inputNames.includes(name));
  const { prediction } = await session.run(Object.fromEntries(taken));
  if (!prediction) throw new UserError('The diffusion model has no output named prediction: export it again.');
  const values = (prediction.data as Float32Array).slice();
  prediction.dispose?.();
  return values;
}

/** Classifier-free guidance (arXiv 2207.12598, eq. 6, with w = guidance - 1) of a prediction with its class and one without. */
function guided(answers: Float32Array, length: number, guidance: number): Float32Array {
  const conditional = answers.subarray(0, length);
  if (guidance === 1) return conditional;
  return conditional.map((value, at) => {
    const without = answers[length + at] as number;
    return without + guidance * (value - without);
  });
}
