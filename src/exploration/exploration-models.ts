/** Which models an exploration shows. */
import { existsSync } from 'node:fs';
import { UserError } from '../errors.js';
import { defaultTokenizer, modelPathOf } from '../interop/models/shipped-tokenizers.js';

/**
 * The models that were asked for, or the tokenizer that ships.
 *
 * @param list paths or names separated by commas, as typed
 */
export function explorationModels(list?: string): string[] {
  const paths = (list ?? '').split(',').filter((path) => path !== '');
  if (paths.length > 0) return paths;
  if (existsSync(modelPathOf(defaultTokenizer))) return [defaultTokenizer];
  throw new UserError('Got no model to show, wanted at least one: --model runs/a,runs/b.');
}
