/** `--model`, which all commands that open one model share. */
import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { defaultTokenizer, shippedTokenizers } from '../../src/interop/models/shipped-tokenizers.js';

const path = z
  .string()
  .describe('run folder, another model that info knows, or the name of a tokenizer that comes along');

/** Has a default where that tokenizer comes along. */
export const modelOption: z.ZodType<string> = shippedTokenizers.includes(defaultTokenizer)
  ? path.default(defaultTokenizer)
  : path;

/** Of commands that take --diffusion instead, whose model it then is. */
export const modelUnlessDiffusion = shippedTokenizers.includes(defaultTokenizer) ? modelOption : path.optional();

/** @throws UserError where neither model was given */
export function givenModel(model: string | undefined): string {
  if (model !== undefined) return model;
  throw new UserError('Got no model: pass a run folder with --model, or one of train-diffusion with --diffusion.');
}
