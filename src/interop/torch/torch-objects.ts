/** The objects that a pickle of weights is made of, as torch.save writes them. Nothing else is allowed. */
import { isSafetensorsDtype, type SafetensorsDtype, tensorSizeBytes } from '../safetensors/dtypes.js';
import { UnsoundFileError } from '../unsound-file.js';
import { PickleGlobal, type PickleWorld } from './pickle.js';

/** Memory that tensors view. */
export class TorchStorage {
  constructor(
    readonly key: string,
    readonly dtype: SafetensorsDtype,
    readonly elements: number,
  ) {}
}

/** A view of a storage, in elements of `dtype`. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly dtype: SafetensorsDtype,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** PyTorch's own limit. */
const mostAxes = 64;

const storageDtypes: Readonly<Record<string, SafetensorsDtype>> = {
  'torch.FloatStorage': 'F32',
  'torch.DoubleStorage': 'F64',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
  'torch.ComplexFloatStorage': 'C64',
  'torch.storage.UntypedStorage': 'U8',
};

const dtypes: Readonly<Record<string, SafetensorsDtype>> = {
  'torch.float32': 'F32',
  'torch.float64': 'F64',
  'torch.float16': 'F16',
  'torch.bfloat16': 'BF16',
  'torch.float8_e4m3fn': 'F8_E4M3',
  'torch.float8_e5m2': 'F8_E5M2',
  'torch.float8_e4m3fnuz': 'F8_E4M3FNUZ',
  'torch.float8_e5m2fnuz': 'F8_E5M2FNUZ',
  'torch.float8_e8m0fnu': 'F8_E8M0',
  'torch.int64': 'I64',
  'torch.int32': 'I32',
  'torch.int16': 'I16',
  'torch.int8': 'I8',
  'torch.uint64': 'U64',
  'torch.uint32': 'U32',
  'torch.uint16': 'U16',
  'torch.uint8': 'U8',
  'torch.bool': 'BOOL',
  'torch.complex64': 'C64',
};

/** Makes what the call would make, as far as weights need it. */
const functions: Readonly<Record<string, (args: readonly unknown[]) => unknown>> = {
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_tensor_v3': rebuildTensor,
  'torch._utils._rebuild_parameter': ([tensor]) => tensor,
  'torch._utils._rebuild_parameter_with_state': ([tensor]) => tensor,
  'torch.Size': ([sizes]) => sizes,
  'collections.OrderedDict': ([pairs]) => mapOf(pairs ?? []),
  'collections.defaultdict': () => new Map(),
  '__builtin__.set': ([items]) => setOf(items),
  'builtins.set': ([items]) => setOf(items),
};

/** Stand in checkpoints beside the weights. They are named so that the weights can be read, and mean nothing here. */
const bystanders = [
  'torch.device',
  'torch.serialization._get_layout',
  '_codecs.encode',
  '__builtin__.dict',
  '__builtin__.int',
  '__builtin__.list',
  'builtins.dict',
  'builtins.int',
  'builtins.list',
  'numpy.dtype',
  'numpy.core.multiarray.scalar',
  'numpy._core.multiarray.scalar',
  'lightning.pytorch.callbacks.early_stopping.EarlyStopping',
  'lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint',
  'pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint',
  'pytorch_lightning.callbacks.early_stopping.EarlyStopping',
];

const globals: ReadonlyMap<string, PickleGlobal> = new Map(
  [
    ...Object.keys(storageDtypes).map((name) => new PickleGlobal(name)),
    ...Object.keys(dtypes).map((name) => new PickleGlobal(name)),
    ...Object.entries(functions).map(([name, call]) => new PickleGlobal(name, call)),
    ...bystanders.map((name) => new PickleGlobal(name, () => new Map())),
  ].map((global) => [global.name, global]),
);

/** The world of one file. Every storage that its pickle refers to is added to `storages`. */
export function torchWorld(storages: Map<string, TorchStorage>): PickleWorld {
  return {
    global: (name) => globals.get(name),
    persistent(id) {
      const [kind, storageClass, key, , elements, view] = Array.isArray(id) ? id : [];
      const dtype = storageClass instanceof PickleGlobal ? storageDtypes[storageClass.name] : undefined;
      if (kind !== 'storage' || dtype === undefined || typeof key !== 'string' || !isSize(elements) || view) {
        throw new UnsoundFileError('its pickle refers to a storage in an unknown way');
      }
      const storage = storages.get(key) ?? new TorchStorage(key, dtype, elements);
      if (storage.dtype !== dtype || storage.elements !== elements) {
        throw new UnsoundFileError(`its pickle describes storage ${key} twice, and differently`);
      }
      storages.set(key, storage);
      return storage;
    },
  };
}

/** (storage, offset, shape, strides, requires grad, hooks), in version 3 followed by the dtype. */
function rebuildTensor([storage, offset, shape, strides, , , dtypeGlobal]: readonly unknown[]): TorchTensor {
  if (!(storage instanceof TorchStorage) || !isSize(offset) || !isSizes(shape) || !isSizes(strides)) {
    throw new UnsoundFileError('its pickle describes a tensor in an unknown way');
  }
  const named = dtypeGlobal instanceof PickleGlobal ? dtypes[dtypeGlobal.name] : undefined;
  const dtype = named ?? storage.dtype;
  if (!isSafetensorsDtype(dtype) || shape.length !== strides.length) {
    throw new UnsoundFileError('its pickle describes a tensor in an unknown way');
  }
  const tensor = new TorchTensor(storage, dtype, offset, shape, strides);
  assertWithinStorage(tensor);
  return tensor;
}

/** A tensor has no more elements than its storage, all of them inside. */
function assertWithinStorage({ storage, dtype, offset, shape, strides }: TorchTensor): void {
  const storageBytes = tensorSizeBytes(storage.dtype, [storage.elements]) ?? 0;
  const sizeBytes = tensorSizeBytes(dtype, shape);
  const lastElement = shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), offset);
  const endBytes = sizeBytes === 0 ? 0 : tensorSizeBytes(dtype, [lastElement + 1]);
  if (sizeBytes === undefined || endBytes === undefined || Math.max(sizeBytes, endBytes) > storageBytes) {
    throw new UnsoundFileError(
      `its pickle describes a tensor of shape [${shape.slice(0, 8)}] that exceeds its storage`,
    );
  }
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= mostAxes && value.every(isSize);
}

function mapOf(pairs: unknown): Map<unknown, unknown> {
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    throw new UnsoundFileError('its pickle makes a dict of what are no pairs');
  }
  return new Map(pairs as [unknown, unknown][]);
}

function setOf(items: unknown): Set<unknown> {
  if (!Array.isArray(items)) throw new UnsoundFileError('its pickle makes a set of what is no list');
  return new Set(items);
}
