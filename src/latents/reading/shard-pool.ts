/** Keeps the shards that are read again and again open, and no more of them than a process may. */
import type { SafetensorsFile } from '../../interop/safetensors/safetensors.js';

export interface ShardPool {
  /** Calls `work` with the shard, which stays open until its promise settles. */
  use<Result>(shard: number, work: (file: SafetensorsFile) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

interface OpenShard {
  readonly file: Promise<SafetensorsFile>;
  users: number;
}

export function createShardPool(open: (shard: number) => Promise<SafetensorsFile>, limit: number): ShardPool {
  /** Least recently used first. */
  const shards = new Map<number, OpenShard>();

  function take(number: number): OpenShard {
    const shard = shards.get(number) ?? { file: open(number), users: 0 };
    shards.delete(number);
    shards.set(number, shard);
    shard.users++;
    return shard;
  }

  async function closeIdle(most: number): Promise<void> {
    for (const [number, { file, users }] of shards) {
      if (shards.size <= most) return;
      if (users > 0) continue;
      shards.delete(number);
      await (await file).close();
    }
  }

  return {
    async use(number, work) {
      const shard = take(number);
      try {
        const file = await shard.file.catch((error: unknown) => {
          shards.delete(number);
          throw error;
        });
        return await work(file);
      } finally {
        shard.users--;
        await closeIdle(limit);
      }
    },
    close: () => closeIdle(0),
  };
}
