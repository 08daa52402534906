/** Files of NumPy's arrays: .npy holds one, .npz several by name. */
import { readFile } from 'node:fs/promises';
import { buffer as collect } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';
import { reasonOf, UserError } from '../../errors.js';
import { asUserError, UnsoundFileError } from '../unsound-file.js';
import { type NumpyArray, readNpy } from './npy.js';

/** An image's cache is far smaller; what claims more is no such thing. */
const largestBytes = 2 ** 30;

/** @throws UserError in one sentence where the file cannot be read as an array */
export async function readNpyFile(path: string): Promise<NumpyArray> {
  return sound(path, 'NumPy array', async () => readNpy(await bytesOf(path)));
}

/** @throws UserError in one sentence where the file cannot be read as arrays */
export async function readNpzFile(path: string): Promise<ReadonlyMap<string, NumpyArray>> {
  return sound(path, 'NumPy archive', async () => {
    const arrays = new Map<string, NumpyArray>();
    for (const [name, bytes] of await membersOf(await bytesOf(path))) {
      if (name.endsWith('.npy')) arrays.set(name.slice(0, -4), readNpy(bytes));
    }
    return arrays;
  });
}

async function bytesOf(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw new UserError(`Cannot read ${path}: ${reasonOf(error)}.`);
  });
}

async function sound<Result>(path: string, format: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw asUserError(error, path, format);
  }
}

async function membersOf(bytes: Buffer): Promise<[string, Buffer][]> {
  try {
    const zip = await fromBufferPromise(bytes, { lazyEntries: true });
    const members: [string, Buffer][] = [];
    for await (const entry of zip.eachEntry()) {
      if (entry.uncompressedSize > largestBytes)
        throw new Error(`${entry.fileName} claims ${entry.uncompressedSize} bytes`);
      members.push([entry.fileName, await collect(await zip.openReadStreamPromise(entry))]);
    }
    return members;
  } catch (error) {
    throw new UnsoundFileError(`its zip archive is damaged (${reasonOf(error)})`, { cause: error });
  }
}
