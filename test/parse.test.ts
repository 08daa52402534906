import { expect, it } from 'vitest';
import { z } from 'zod';
import { parse } from '../src/parse.js';

const spatial = z.strictObject({ latent: z.literal('spatial'), channels: z.array(z.number().int()) });
const schema = z.strictObject({
  version: z.literal(1),
  act: z.enum(['silu', 'swish']).default('silu'),
  model: z.discriminatedUnion('latent', [spatial, z.strictObject({ latent: z.literal('linear') })]).optional(),
});

it.each([
  [{ version: 1, foo: 2 }, 'it has foo, which nothing here knows: leave it out.'],
  [{ version: 1, model: { latent: 'linear', a: 1, b: 2 } }, 'model has a, b, which nothing here knows: leave it out.'],
  [{ version: 1, model: { latent: 'spatial', channels: [8, null] } }, 'model.channels[1]: got null, wanted a number.'],
  [{ version: 1, model: { latent: 7 } }, 'model.latent: got 7, wanted one of "spatial", "linear".'],
  [{ version: 1, model: {} }, 'model.latent: got nothing, wanted one of "spatial", "linear".'],
  [{ version: 1, act: 'relu' }, 'act: got "relu", wanted one of "silu", "swish".'],
  [{}, 'version: got nothing, wanted 1.'],
  [[], 'the whole: got [], wanted an object.'],
])('%j is refused in a sentence that a person can follow', (input, says) => {
  expect(() => parse(schema, input, 'config.json')).toThrow(`config.json: ${says}`);
});
