/** Other tfjs backends, in this process. */
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { note } from '../../scripts/cli/output.js';
import { type Contender, contenderOf, type Workload } from './race.js';

export interface TfjsPackage {
  readonly packageName: string;
  /** Of the environment; names the folder of the package where it is not installed here. */
  readonly variable: string;
  readonly backend: string;
}

/** The workload on another backend, or null where its package is not to be found. */
export async function tfjsPeer(
  { packageName, variable, backend }: TfjsPackage,
  prepare: () => Workload,
): Promise<Contender | null> {
  const folder = process.env[variable];
  // A package elsewhere brings another copy of tfjs, which complains that what it registers is there already.
  if (folder) tf.enableProdMode();
  try {
    if (folder) createRequire(import.meta.url)(folder);
    else await import(packageName);
  } catch {
    note(`${packageName} is not installed: set ${variable} to its folder to run the peer.`);
    return null;
  }
  await tf.setBackend(backend);
  return contenderOf(prepare(), () => tf.setBackend(backend));
}
