/** An autoencoder's parameters, read out of the engine for an ONNX file. */
import type { Autoencoder } from '../../autoencoder/autoencoder.js';
import type { OnnxNetwork } from './autoencoder.js';
import type { Weight } from './layers.js';

export async function onnxNetworkOf({ config, parameters }: Autoencoder): Promise<OnnxNetwork> {
  const weights = new Map<string, Weight>();
  for (const [name, variable] of parameters) {
    weights.set(name, { shape: variable.shape, data: await variable.data<'float32'>() });
  }
  return { config, weights };
}
