/** Decides what of a trace has to be computed, and names it, so that the same work is compiled only once. */
import type { KernelRecord, Operand, Value } from './trace.js';

export interface Work {
  /** The needed kernel calls in the order in which they were made. */
  readonly records: readonly KernelRecord[];
  /** What the calls read that is already known. */
  readonly leaves: readonly Value[];
  /** What somebody still holds after the calls. */
  readonly results: readonly Value[];
}

export const isHeld = (value: Value): boolean => value.references > 0;

/** The operands whose numbers a call reads. */
export function readOperands({ spec, operands }: KernelRecord): (Operand | undefined)[] {
  return operands.map((operand, index) => (spec.shapeOnly?.includes(index) ? undefined : operand));
}

/** Keeps the calls that lead to a held tensor. */
export function findWork(pending: readonly KernelRecord[]): Work {
  for (const record of pending.toReversed()) {
    record.needed ||= record.outputs.some(isHeld);
    if (!record.needed) continue;
    for (const operand of readOperands(record)) {
      if (operand?.value.origin) operand.value.origin.needed = true;
    }
  }
  return workOf(
    pending.filter((record) => record.needed),
    isHeld,
  );
}

/** These calls as one piece of work, whose results are those of their outputs that are wanted. */
export function workOf(records: readonly KernelRecord[], isWanted: (output: Value) => boolean): Work {
  const members = new Set(records);
  const leaves = new Set<Value>();
  for (const [index, record] of records.entries()) {
    record.index = index;
    for (const operand of readOperands(record)) {
      if (operand && !(operand.value.origin && members.has(operand.value.origin))) leaves.add(operand.value);
    }
  }
  return { records, leaves: [...leaves], results: records.flatMap((record) => record.outputs.filter(isWanted)) };
}

/** A text that two pieces of work share exactly when they compile to the same graph. */
export function structuralKey(work: Work): string {
  const layouts = work.leaves.map(({ stored }) => stored?.layout?.join('') ?? '');
  return `${layouts.join('|')}||${keyWithoutLayouts(work)}`;
}

/** A text that two pieces of work share exactly when they are the same but for the layouts that their leaves lie in. */
export function keyWithoutLayouts({ records, leaves, results }: Work): string {
  const wanted = new Set(results);
  const numbers = new Map(leaves.map((leaf, index) => [leaf, index]));
  const parts = leaves.map(({ shape, dtype }) => `${dtype}[${shape}]`);
  for (const record of records) {
    let part = `;${record.signature}`;
    for (const operand of readOperands(record)) {
      if (!operand) part += ',';
      else if (numbers.has(operand.value)) part += `,L${numbers.get(operand.value)}`;
      else part += `,${operand.value.origin?.index}.${operand.value.outputIndex}`;
    }
    for (const output of record.outputs) part += wanted.has(output) ? '!' : '';
    parts.push(part);
  }
  return parts.join('|');
}

/** Keeps the most recently used entries. */
export class RecentlyUsed<Item> {
  private readonly items = new Map<string, Item>();

  constructor(
    private readonly capacity: number,
    private readonly evict: (item: Item) => void,
  ) {}

  get(key: string): Item | undefined {
    const item = this.items.get(key);
    if (item === undefined) return undefined;
    this.items.delete(key);
    this.items.set(key, item);
    return item;
  }

  set(key: string, item: Item): void {
    this.items.set(key, item);
    if (this.items.size <= this.capacity) return;
    const [oldest] = this.items.keys() as unknown as [string];
    const evicted = this.items.get(oldest) as Item;
    this.items.delete(oldest);
    if (![...this.items.values()].includes(evicted)) this.evict(evicted);
  }

  clear(): void {
    for (const item of new Set(this.items.values())) this.evict(item);
    this.items.clear();
  }
}
