/** What runs are called where there is no room for their paths. */
import { basename, resolve } from 'node:path';

/** The last part of each path; the whole path of those that would share it. */
export function namesOfRuns(paths: readonly string[]): string[] {
  const last = paths.map((path) => basename(resolve(path)));
  return last.map((name, index) => (last.indexOf(name) === last.lastIndexOf(name) ? name : (paths[index] as string)));
}
