/**
 * Divides work with large results into parts that run one after the other. ONNX Runtime's outputs are copied on their way to
 * tfjs, so for a moment a tensor that a step replaces exists three times: old, new, and copied. Where each large parameter is
 * updated by a run of its own, that is true of one parameter at a time.
 */
import { sizeOf } from '../graph/layout.js';
import { isHeld, readOperands, type Work, workOf } from './plan.js';
import type { KernelRecord, Value } from './trace.js';

/** Kernels that move what is kept from step to step. */
const updateKernels: ReadonlySet<string> = new Set(['AdamUpdate', 'EmaUpdate']);

export interface PartLimits {
  /** Of one update and those that follow it; a smaller one is not worth a run of its own. */
  readonly updateBytes: number;
  /** Of all large updates; with fewer, one graph is faster and its memory does not matter. */
  readonly workBytes: number;
}

const defaultLimits: PartLimits = { updateBytes: 2 ** 20, workBytes: 2 ** 28 };

/** The parts in the order in which they must run; the work itself where it is small. */
export function splitLargeUpdates(work: Work, { updateBytes, workBytes }: PartLimits = defaultLimits): Work[] {
  const large = groupsOf(updatesOf(work.records)).filter((group) => bytesOf(group) >= updateBytes);
  if (large.length === 0 || bytesOf(large.flat()) < workBytes) return [work];
  const apart = new Set(large.flat());
  const readApart = new Set<Value>(
    large.flat().flatMap((record) => readOperands(record).map((read) => read?.value as Value)),
  );
  const others = workOf(
    work.records.filter((record) => !apart.has(record)),
    (output) => isHeld(output) || readApart.has(output),
  );
  return [others, ...large.map((group) => workOf(group, isHeld))];
}

/** The updates that nothing but other updates depends on. */
function updatesOf(records: readonly KernelRecord[]): KernelRecord[] {
  const updates = new Set<KernelRecord>(records.filter(({ spec }) => updateKernels.has(spec.name)));
  for (const record of records.toReversed()) {
    const sources = sourcesOf(record);
    // One that joins several others would tie their parts together.
    if (updates.has(record) && sources.filter((source) => updates.has(source)).length > 1) updates.delete(record);
    if (!updates.has(record)) for (const source of sources) updates.delete(source);
  }
  return records.filter((record) => updates.has(record));
}

/** An update together with those that read its outputs, such as Adam and the moving average of its parameter. */
function groupsOf(updates: readonly KernelRecord[]): KernelRecord[][] {
  const groups = new Map<KernelRecord, KernelRecord[]>();
  for (const record of updates) {
    const group =
      sourcesOf(record)
        .map((source) => groups.get(source))
        .find((found) => found !== undefined) ?? [];
    group.push(record);
    groups.set(record, group);
  }
  return [...new Set(groups.values())];
}

const sourcesOf = (record: KernelRecord): KernelRecord[] => [
  ...new Set(readOperands(record).flatMap((operand) => operand?.value.origin ?? [])),
];

const bytesOf = (records: readonly KernelRecord[]): number =>
  records
    .flatMap(({ outputs }) => outputs)
    .filter(isHeld)
    .reduce((bytes, { shape }) => bytes + 4 * sizeOf(shape), 0);
