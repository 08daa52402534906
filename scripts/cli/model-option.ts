/** `--model`, which all commands that open one model share. */
import { z } from 'zod';
import { defaultTokenizer } from '../../src/interop/models/shipped-tokenizers.js';

export const modelOption = z
  .string()
  .default(defaultTokenizer)
  .describe('run folder, another model that info knows, or the name of a tokenizer that comes along');
