import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

it('the types of options are what their schemas say', () => {
  expect(() => execFileSync(process.execPath, ['tools/option-types.mjs', '--check'], { stdio: 'pipe' })).not.toThrow();
});
