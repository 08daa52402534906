/**
 * Numbers that stay in the memory of a device from one run to the next. The binding can neither read nor write a tensor there
 * by itself: a session that only copies does both.
 */
import { encodeModel } from '../graph/model.js';
import type { Numbers, NumericType } from '../numbers.js';
import type { StoredNumbers, Value } from '../trace/trace.js';
import {
  type DeviceTensor,
  type Feed,
  type Fetched,
  type HostFeed,
  openSession,
  type Session,
  type SessionOptions,
} from './runtime.js';

/** Bytes that went between the process and the device. */
export interface Traffic {
  /** Bytes fed from the process's memory since the start. */
  uploadedBytes: number;
  /** Bytes read back since the start. */
  downloadedBytes: number;
}

export class DeviceMemory {
  readonly traffic: Traffic = { uploadedBytes: 0, downloadedBytes: 0 };
  private readonly copiers = new Map<string, Session>();
  private readonly tensors = new Set<DeviceTensor>();
  private readonly fedOnce = new WeakSet<StoredNumbers>();

  constructor(private readonly options: SessionOptions) {}

  /** Tensors that the device holds. */
  get size(): number {
    return this.tensors.size;
  }

  /** From now on the tensor is this memory's to free. */
  keep(tensor: DeviceTensor): DeviceTensor {
    this.tensors.add(tensor);
    return tensor;
  }

  /** How a known value enters a run. What is read a second time, such as the weights of a frozen network, stays on the device. */
  feed(stored: StoredNumbers, host: () => HostFeed): Feed {
    if (stored.resident) return stored.resident;
    const feed = host();
    this.traffic.uploadedBytes += feed.data.byteLength;
    if (!this.fedOnce.has(stored)) {
      this.fedOnce.add(stored);
      return feed;
    }
    const { y } = this.copier(feed.type, feed.dims.length, 'up').run({ x: feed }, ['y']);
    stored.resident = this.keep(y as DeviceTensor);
    return stored.resident;
  }

  read(tensor: DeviceTensor): Numbers {
    const { y } = this.copier(tensor.type as NumericType, tensor.dims.length, 'down').run({ x: tensor }, ['y']);
    const data = (y as Fetched).data as Numbers;
    this.traffic.downloadedBytes += data.byteLength;
    return data;
  }

  /** Frees the device's copy of a value that nobody reads any more. */
  free({ stored }: Value): void {
    if (!stored?.resident) return;
    this.tensors.delete(stored.resident);
    stored.resident.dispose();
    stored.resident = undefined;
  }

  dispose(): void {
    for (const tensor of this.tensors) tensor.dispose();
    this.tensors.clear();
    for (const session of this.copiers.values()) session.dispose();
    this.copiers.clear();
  }

  private copier(dtype: HostFeed['type'], rank: number, direction: 'up' | 'down'): Session {
    const key = `${dtype} ${rank} ${direction}`;
    const known = this.copiers.get(key);
    if (known) return known;
    const shape = Array.from({ length: rank }, (_, axis) => `d${axis}`);
    const copy = { operator: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} };
    const value = (name: string) => ({ name, dtype, shape });
    const model = encodeModel({ nodes: [copy], constants: [], inputs: [value('x')], outputs: [value('y')] });
    const session = openSession(model, { ...this.options, keepOutputsOnDevice: direction === 'up' });
    this.copiers.set(key, session);
    return session;
  }
}
