/** What lies below a prefix, for whoever searches it. */
import { objectPlaceOf, objectUrl } from '../locations.js';
import { clientOf } from './client.js';
import { prefixOf } from './object-storage.js';
import { listPages } from './objects.js';

export interface ObjectBelow {
  readonly url: string;
  /** From the prefix on. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** In pages of at most 1000. */
export async function* objectsBelow(url: string): AsyncGenerator<ObjectBelow[], void, void> {
  const { bucket, key } = objectPlaceOf(url);
  const prefix = prefixOf({ key });
  for await (const { objects } of listPages(clientOf(bucket), prefix)) {
    yield objects.map((object) => {
      return {
        url: objectUrl({ bucket, key: object.key }),
        name: object.key.slice(prefix.length),
        sizeBytes: object.sizeBytes,
      };
    });
  }
}
