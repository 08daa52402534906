/** Encodes a folder slowly enough to be killed: `node kill-child.mjs PICTURES STORE [renew]`. Says when a batch is encoded. */
import { setTimeout } from 'node:timers/promises';
import { encodeTestFolder, fakeEncoder } from './fixture.js';

const [pictures = '', out = '', renew] = process.argv.slice(2);
const encoder = fakeEncoder({
  async onBatch() {
    process.stdout.write('batch\n');
    await setTimeout(2);
  },
});
const renewal = renew === undefined ? {} : { update: true, prune: true, batch: 1 };
await encodeTestFolder(pictures, out, { encoder, ...renewal });
