import { expect, it } from 'vitest';
import type { ModelResult } from '../../src/evaluation/compare.js';
import { colored, nameTokens, withNames } from '../../src/report/page/model-names.js';

const data = {
  models: ['a', 'of <b>'].map((name) => ({ name }) as ModelResult),
} as unknown as Parameters<typeof nameTokens>[0];

it('colours a model called a, and no article', () => {
  const [first, second] = nameTokens(data).models;
  const sentence = `${first!.name} is as blurry as a Gaussian blur of a picture, ${second!.name} is not.`;
  expect(withNames(sentence, data)).toBe('a is as blurry as a Gaussian blur of a picture, of <b> is not.');
  const html = colored(sentence, data);
  expect(html.match(/<b class="unbroken"[^>]*>a<\/b>/g)).toHaveLength(1);
  expect(html).toContain('is as blurry as a Gaussian blur of a picture, <b');
  expect(html).toContain('>of &lt;b&gt;</b>');
});
