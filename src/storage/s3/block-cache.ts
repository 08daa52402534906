/** Blocks that are read again and again, least recently used first out. */

export interface BlockCache {
  has(name: string): boolean;
  /** Undefined where it was dropped. */
  get(name: string): Promise<Buffer> | undefined;
  /** What fails is forgotten, so that it is asked for again. */
  put(name: string, block: Promise<Buffer>): void;
}

interface Entry {
  readonly block: Promise<Buffer>;
  /** None until it has arrived. */
  sizeBytes: number;
}

export function createBlockCache(mostBytes: number): BlockCache {
  const entries = new Map<string, Entry>();
  let filled = 0;

  function drop(name: string, entry: Entry): void {
    if (entries.get(name) !== entry) return;
    entries.delete(name);
    filled -= entry.sizeBytes;
  }

  return {
    has: (name) => entries.has(name),
    get(name) {
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      entries.delete(name);
      entries.set(name, entry);
      return entry.block;
    },
    put(name, block) {
      const before = entries.get(name);
      if (before) drop(name, before);
      const entry: Entry = { block, sizeBytes: 0 };
      entries.set(name, entry);
      block.then(
        ({ length }) => {
          if (entries.get(name) !== entry) return;
          entry.sizeBytes = length;
          filled += length;
          for (const [oldest, old] of entries) {
            if (filled <= mostBytes) return;
            // What is on its way is being waited for.
            if (old.sizeBytes > 0 && old !== entry) drop(oldest, old);
          }
        },
        () => drop(name, entry),
      );
    },
  };
}
