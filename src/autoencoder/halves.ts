/** Models of which one half alone is there: an encoder encodes, a decoder decodes. */
import { halfOf, type ModelConfig } from '../config/config.js';
import { UserError } from '../errors.js';

/** What of a model is there where it was saved or opened without the other. */
export type Half = 'encoder' | 'decoder';

/** Whether this half of the model is there. */
export const hasHalf = (model: ModelConfig, half: Half): boolean => (halfOf(model) ?? half) === half;

/** Whether a parameter of this name makes pictures of latents. */
export const isOfDecoder = (parameter: string): boolean => /^(decoder|post_quant_conv)\./.test(parameter);

/** What is there, of a model of which one half is missing. */
export const aloneText = (model: ModelConfig): string =>
  halfOf(model) === 'encoder' ? 'an encoder alone' : 'a decoder alone';

/** @throws UserError where the model lacks the half */
export function assertHalf(model: ModelConfig, half: Half): void {
  if (hasHalf(model, half)) return;
  const there = halfOf(model);
  const can = { encoder: 'encode', decoder: 'decode' };
  throw new UserError(
    `This model is ${aloneText(model)}: it can ${can[there as Half]} and not ${can[half]}. ` +
      `Give a model whose ${half} is there.`,
  );
}

/** @throws UserError unless both halves are there */
export function assertWhole(model: ModelConfig): void {
  assertHalf(model, 'encoder');
  assertHalf(model, 'decoder');
}
