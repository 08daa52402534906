/**
 * The one file that knows onnxruntime-node. Its public API is asynchronous only because it defers a synchronous native call;
 * tfjs needs `dataSync`, so the native binding is called directly. The binding is private to the package: the version is
 * pinned exactly and checked here.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { memorySentence, reasonOf, UserError } from '../../../errors.js';
import { elementCode, type ModelDefinition } from '../graph/model.js';
import type { Numbers, NumericType } from '../numbers.js';
import { switchTelemetryOff } from './telemetry.js';

export const supportedVersion = '1.30.0';

/** What goes into a session: a view of `data`, or a tensor that lives on the device. */
export type Feed = HostFeed | DeviceTensor;
/** A tensor in a device's memory: it is there until it is disposed, whether anything refers to it or not. */
export type DeviceTensor = Tensor;
export interface HostFeed {
  readonly location: 'cpu';
  readonly dims: readonly number[];
  readonly type: NumericType;
  readonly data: Numbers;
}

/** What comes out of a session: `data` is there when `location` is `cpu`. */
export type Fetched = Tensor;

export interface SessionOptions {
  readonly executionProvider: 'cpu' | 'webgpu' | 'cuda';
  /** 0 = one per core. */
  readonly threads: number;
  readonly optimization: 'disabled' | 'basic' | 'extended' | 'all';
  /** Keeps freed buffers in an arena: faster for large tensors, at the price of a higher peak. */
  readonly memoryArena: boolean;
  /** Leaves outputs on the device, where a later session can read them. */
  readonly keepOutputsOnDevice: boolean;
  /** Whether threads wait for the next run by spinning, which starts it sooner but takes a core from whatever goes on between. */
  readonly spinsBetweenRuns?: boolean;
  /** Path prefix of ONNX Runtime's own profile. */
  readonly profile?: string;
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, Feed>>, fetches: readonly string[]): Readonly<Record<string, Fetched>>;
  /** Writes the outputs into arrays. The model must have been given `uncopied`. */
  runInto(feeds: Readonly<Record<string, Feed>>, outputs: Readonly<Record<string, HostFeed>>): void;
  /** Writes the profile, if one was asked for. */
  endProfiling(): void;
  dispose(): void;
}

interface NativeSession {
  readonly inputMetadata: readonly { name: string }[];
  readonly outputMetadata: readonly { name: string }[];
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: InferenceSession.SessionOptions): void;
  loadModel(path: string, options: InferenceSession.SessionOptions): void;
  run(feeds: object, fetches: object, options: object): Record<string, Tensor>;
  endProfiling(): void;
  dispose(): void;
}

interface NativeBinding {
  readonly InferenceSession: new () => NativeSession;
  listSupportedBackends(): readonly { name: string; bundled: boolean }[];
}

/**
 * ONNX Runtime writes an output into the array that it is given for it, but the binding then copies every output into one of
 * its own, which nobody reads here and which takes longer than all parameters take to update. It converts outputs in their
 * order and refuses types that JavaScript lacks, so a model whose first output is of such a type ends before the first copy.
 * Were it to become able to return that type, the arrays would be right as well, and the copies be made again.
 */
const unreturned = { name: 'unreturned', dtype: 'bfloat16', shape: [] } as const;

/** The model with what `runInto` needs. */
export function uncopied(model: ModelDefinition): ModelDefinition {
  const zero = { name: 'zero for unreturned', dtype: 'float32', shape: [], data: new Float32Array(1) } as const;
  const attributes = { to: elementCode(unreturned.dtype) };
  const cast = { operator: 'Cast', domain: '', inputs: [zero.name], outputs: [unreturned.name], attributes };
  return {
    ...model,
    nodes: [cast, ...model.nodes],
    constants: [...model.constants, zero],
    outputs: [unreturned, ...model.outputs],
  };
}

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && error.message === `Tensor type (${elementCode(unreturned.dtype)}) is not supported.`;

const require = createRequire(import.meta.url);
let loaded: NativeBinding | undefined;

function nativeBinding(): NativeBinding {
  if (loaded) return loaded;
  const advice = `latent-vae works with exactly onnxruntime-node ${supportedVersion}: run npm ci, or choose another --engine`;
  const installed = installedVersion();
  if (installed !== supportedVersion) throw new UserError(`Found onnxruntime-node ${installed}; ${advice}.`);
  switchTelemetryOff();
  try {
    const { binding, initOrt } = require('onnxruntime-node/dist/binding.js') as {
      binding: NativeBinding;
      initOrt: () => void;
    };
    initOrt();
    loaded = binding;
    return binding;
  } catch (error) {
    throw new UserError(`onnxruntime-node cannot be loaded here (${firstLine(reasonOf(error))}); ${advice}.`);
  }
}

export function installedVersion(): string {
  try {
    return (require('onnxruntime-node/package.json') as { version: string }).version;
  } catch {
    return 'none';
  }
}

/** Names of the execution providers compiled into the installed binary, e.g. `cpu`, `webgpu`. */
export function availableProviders(): string[] {
  return nativeBinding()
    .listSupportedBackends()
    .map((backend) => backend.name);
}

/** Opens the model in argv[2] on the provider in argv[3] with the package in argv[1], and prints what stands against it. */
const probe = `
const { InferenceSession } = require(process.argv[1]);
InferenceSession.create(Buffer.from(process.argv[2], 'base64'), { executionProviders: [process.argv[3]] })
  .catch((error) => process.stdout.write('E' + error.message));
`;

/**
 * Why a model does not open on a provider, or null where it does. Asks in a process of its own: drivers print what they miss,
 * and some take the process with them.
 */
export function providerFailure(model: Uint8Array, provider: SessionOptions['executionProvider']): string | null {
  switchTelemetryOff();
  const encoded = Buffer.from(model).toString('base64');
  const commandLine = ['-e', probe, require.resolve('onnxruntime-node'), encoded, provider];
  const { stdout, status, error } = spawnSync(process.execPath, commandLine, { stdio: ['ignore', 'pipe', 'ignore'] });
  if (error) throw error;
  const said = firstLine(stdout.toString().slice(1));
  if (said === '' && status === 0) return null;
  // The place in ONNX Runtime's source and the condition found false say nothing to a user.
  return said.replace(/^\/.* was false\. /, '') || `the driver ended the process with status ${status}`;
}

/** Opens an ONNX model given as bytes or as the path of a file. */
export function openSession(model: Uint8Array | string, options: SessionOptions): Session {
  const session = new (nativeBinding().InferenceSession)();
  const sessionOptions = nativeOptions(options);
  if (typeof model === 'string') session.loadModel(model, sessionOptions);
  else session.loadModel(model.buffer, model.byteOffset, model.byteLength, sessionOptions);
  return {
    inputNames: session.inputMetadata.map((input) => input.name),
    outputNames: session.outputMetadata.map((output) => output.name),
    run(feeds, fetches) {
      try {
        return session.run(feeds, Object.fromEntries(fetches.map((name) => [name, null])), {});
      } catch (error) {
        throw withAdvice(error);
      }
    },
    runInto(feeds, outputs) {
      try {
        session.run(feeds, { [unreturned.name]: null, ...outputs }, {});
      } catch (error) {
        if (!isRefusal(error)) throw withAdvice(error);
      }
    },
    endProfiling: () => session.endProfiling(),
    dispose: () => session.dispose(),
  };
}

/** Where memory ran out, a sentence with what to do about it. */
function withAdvice(error: unknown): unknown {
  const reason = reasonOf(error);
  if (!/allocate memory|out of memory|bad_alloc/i.test(reason)) return error;
  const bytes = /of size (\d+)/.exec(reason)?.[1];
  return new UserError(memorySentence(bytes === undefined ? undefined : Number(bytes)));
}

function nativeOptions(options: SessionOptions): InferenceSession.SessionOptions {
  // Errors are thrown; printed as well, they would stand above the sentence made of them.
  const fatalOnly = 4;
  return {
    executionProviders: [options.executionProvider],
    ...(options.threads > 0 ? { intraOpNumThreads: options.threads } : {}),
    graphOptimizationLevel: options.optimization,
    enableCpuMemArena: options.memoryArena,
    // A pattern would reserve the peak of every compiled graph for good.
    enableMemPattern: false,
    logSeverityLevel: fatalOnly,
    // Denormal numbers (dying activations, Adam's moments) slow the processor down by two orders of magnitude.
    extra: {
      session: { set_denormal_as_zero: '1', ...(options.spinsBetweenRuns === false && { force_spinning_stop: '1' }) },
    },
    ...(options.keepOutputsOnDevice ? { preferredOutputLocation: 'gpu-buffer' } : {}),
    ...(options.profile ? { enableProfiling: true, profileFilePrefix: options.profile } : {}),
  };
}

/** A sentence of the native library, without its source location and stack. */
export function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').trim();
}
