/** Has V8 give memory back in time: it hurries for objects of its own, but not for the large arrays that they refer to. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** So much may lie about. */
const limitBytes = 2 ** 26;

let forgottenBytes = 0;

/** To be told whenever nothing of ours refers to so many bytes any more. */
export function forget(bytes: number): void {
  forgottenBytes += bytes;
  if (forgottenBytes < limitBytes) return;
  forgottenBytes = 0;
  collectGarbage();
}
