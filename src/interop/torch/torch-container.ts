/** Where torch.save puts its pickle and the storages: in a zip archive, or before PyTorch 1.6 one after the other. */
import { type Entry, fromRandomAccessReaderPromise, type ZipFile } from 'yauzl';
import { reasonOf } from '../../errors.js';
import { type ByteSource, readRange } from '../../files.js';
import { tensorSizeBytes } from '../safetensors/dtypes.js';
import { UnsoundFileError } from '../unsound-file.js';
import { HandleReader } from './handle-reader.js';
import { unpickle } from './pickle.js';
import { type TorchStorage, torchWorld } from './torch-objects.js';

export interface TorchContainer {
  /** The unpickled object. */
  readonly root: unknown;
  /** The position of a storage's bytes in the file. */
  locate(storage: TorchStorage): Promise<number>;
}

/** Far more than a pickle of weights needs, whose numbers stand outside it. */
const largestPickleBytes = 32 * 2 ** 20;

export async function readTorchContainer(handle: ByteSource, sizeBytes: number, path: string): Promise<TorchContainer> {
  const start = Buffer.from(await readRange(handle, 0, Math.min(sizeBytes, legacyStart.length), path));
  if (start.subarray(0, 2).toString('latin1') === 'PK') return readZip(handle, sizeBytes, path);
  if (start.equals(legacyStart)) return readLegacy(handle, sizeBytes, path);
  throw new UnsoundFileError('it begins like nothing that torch.save writes');
}

async function readZip(handle: ByteSource, fileBytes: number, path: string): Promise<TorchContainer> {
  const reader = new HandleReader(handle, fileBytes);
  const zip = await soundZip(fromRandomAccessReaderPromise(reader, fileBytes, { autoClose: false, lazyEntries: true }));
  const entries = await entriesOf(zip);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const pickleName = pickles[0];
  if (pickles.length !== 1 || pickleName === undefined) {
    throw new UnsoundFileError(`it is a zip archive with ${pickles.length} files data.pkl where torch.save puts one`);
  }
  const folder = pickleName.slice(0, -'data.pkl'.length);
  const find = (name: string, sizeBytes: number | undefined) => {
    const entry = entries.get(folder + name);
    if (entry === undefined) throw new UnsoundFileError(`its ${name} is missing`);
    const isStored = entry.canDecodeFileData() && entry.compressionMethod === 0;
    if (!isStored) throw new UnsoundFileError(`its ${name} is compressed or encrypted, which torch.save never does`);
    if (entry.uncompressedSize > fileBytes) throw new UnsoundFileError(`its ${name} goes past its end`);
    if (sizeBytes !== undefined && entry.uncompressedSize !== sizeBytes) {
      throw new UnsoundFileError(`its ${name} has ${entry.uncompressedSize} bytes, but its pickle says ${sizeBytes}`);
    }
    return entry;
  };
  const positionOf = async (entry: Entry) => {
    const { fileDataStart } = await soundZip(zip.readLocalFileHeaderPromise(entry, { minimal: true }));
    return fileDataStart;
  };
  const read = async (name: string) => {
    const entry = find(name, undefined);
    if (entry.uncompressedSize > largestPickleBytes) {
      throw new UnsoundFileError(`its ${name} has ${entry.uncompressedSize} bytes, more than ${largestPickleBytes}`);
    }
    return readRange(handle, await positionOf(entry), entry.uncompressedSize, path);
  };

  if (entries.has(`${folder}byteorder`) && Buffer.from(await read('byteorder')).toString() !== 'little') {
    throw new UnsoundFileError('its numbers are big-endian');
  }
  const storages = new Map<string, TorchStorage>();
  const { value: root } = unpickle(await read('data.pkl'), torchWorld(storages));
  const entryOfStorage = (storage: TorchStorage) => find(`data/${storage.key}`, storageBytes(storage));
  for (const storage of storages.values()) entryOfStorage(storage);
  return { root, locate: (storage) => positionOf(entryOfStorage(storage)) };
}

async function entriesOf(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  const iterator = zip.eachEntry();
  for (;;) {
    const { done, value: entry } = await soundZip(iterator.next());
    if (done) return entries;
    if (entries.has(entry.fileName)) throw new UnsoundFileError(`it holds ${entry.fileName} twice`);
    entries.set(entry.fileName, entry);
  }
}

/** Whatever the zip library refuses is the file's fault. */
function soundZip<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw new UnsoundFileError(`its zip archive is damaged (${reasonOf(error)})`, { cause: error });
  });
}

/** The pickle of the magic number 0x1950a86a20f9469cfc6c. */
const legacyStart = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');

/** Five pickles (magic number, version, machine, object, keys of the storages), then size and elements of each storage. */
async function readLegacy(handle: ByteSource, sizeBytes: number, path: string): Promise<TorchContainer> {
  const bytes = await readRange(handle, 0, Math.min(sizeBytes, largestPickleBytes), path);
  const storages = new Map<string, TorchStorage>();
  const world = torchWorld(storages);
  let position = legacyStart.length;
  const next = () => {
    const { value, end } = unpickle(bytes, world, position);
    position = end;
    return value;
  };
  const [version, machine, root, keys] = [next(), next(), next(), next()];
  if (version !== 1001) throw new UnsoundFileError('it has an unknown version');
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) {
    throw new UnsoundFileError('its numbers are big-endian');
  }
  if (!Array.isArray(keys)) throw new UnsoundFileError('it does not list its storages');

  const positions = new Map<string, number>();
  for (const key of keys as unknown[]) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined || positions.has(storage.key)) throw new UnsoundFileError('it lists a wrong storage');
    const elements = new DataView((await readRange(handle, position, 8, path)).buffer).getBigInt64(0, true);
    if (elements !== BigInt(storage.elements)) {
      throw new UnsoundFileError(`its storage ${storage.key} has ${elements} elements, not ${storage.elements}`);
    }
    positions.set(storage.key, position + 8);
    position += 8 + storageBytes(storage);
  }
  if (positions.size !== storages.size) throw new UnsoundFileError('it lacks storages that its pickle refers to');
  if (position > sizeBytes) throw new UnsoundFileError('it is cut off');
  return { root, locate: async ({ key }) => positions.get(key) as number };
}

function storageBytes({ key, dtype, elements }: TorchStorage): number {
  const sizeBytes = tensorSizeBytes(dtype, [elements]);
  if (sizeBytes === undefined) throw new UnsoundFileError(`its storage ${key} has ${elements} elements`);
  return sizeBytes;
}
