/** `--model`, which all commands that open one model share. */
import { z } from 'zod';
import { defaultTokenizer, shippedTokenizers } from '../../src/interop/models/shipped-tokenizers.js';

const path = z
  .string()
  .describe('run folder, another model that info knows, or the name of a tokenizer that comes along');

/** Has a default where that tokenizer comes along. */
export const modelOption: z.ZodType<string> = shippedTokenizers.includes(defaultTokenizer)
  ? path.default(defaultTokenizer)
  : path;
