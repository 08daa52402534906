/** Which storage a location is in. */
import { folderStorage } from './folder-storage.js';
import { isObjectUrl } from './locations.js';
import type { Storage } from './storage.js';

export async function storageOf(location: string): Promise<Storage> {
  if (!isObjectUrl(location)) return folderStorage;
  // Not before somebody asks: most programs never do.
  const { objectStorage } = await import('./s3/object-storage.js');
  return objectStorage;
}
