import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { objectives } from '../../src/config/config.js';
import { assertSameTerms, type LossTerm, type TermInput, termsConfigOf, termValue } from '../../src/losses/terms.js';
import { useCpu } from '../engine/compare.js';

beforeAll(useCpu);

const loss: LossTerm = ({ images }) => tf.mean(images);

describe('terms of a program’s own', () => {
  test('weigh what they say, a function alone 1', () => {
    expect(termsConfigOf({ gloss: loss, edges2: { weight: 0.5, loss } })).toEqual({
      gloss: { weight: 1 },
      edges2: { weight: 0.5 },
    });
  });

  test.each(['mse', 'perplexity', '2nd', 'two words', ''])('are not called %j', (name) => {
    expect(() => termsConfigOf({ [name]: loss })).toThrow(`Got a loss term named '${name}', wanted a name of letters`);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('do not weigh %d', (weight) => {
    expect(() => termsConfigOf({ gloss: { weight, loss } })).toThrow(`Got ${weight} as the weight of gloss`);
  });

  test('are those of the run, in whatever order', () => {
    const config = { ...objectives.mse, terms: termsConfigOf({ gloss: loss, edges: { weight: 2, loss } }) };
    const terms = { edges: { weight: 2, loss }, gloss: loss };
    expect(assertSameTerms(config, terms)).toBe(terms);
    for (const others of [{}, { gloss: loss }, { ...terms, gloss: { weight: 3, loss } }]) {
      expect(() => assertSameTerms(config, others)).toThrow(/hand the same ones to resumeTraining/);
    }
  });
});

describe('the value of a term', () => {
  const input = { images: tf.tensor4d([1, 3], [1, 1, 2, 1]) } as unknown as TermInput;

  test('is what its function gives', () => {
    expect(termValue('gloss', loss, input).dataSync()[0]).toBe(2);
    expect(termValue('gloss', { weight: 5, loss }, input).dataSync()[0]).toBe(2);
  });

  test('is one number', () => {
    const many = () => tf.zeros([3]) as unknown as tf.Scalar;
    expect(() => termValue('gloss', many, input)).toThrow('gave a tensor of [3], wanted one number: take its mean');
    expect(() => termValue('gloss', () => tf.zeros([1]) as unknown as tf.Scalar, input)).toThrow('a tensor of [1]');
    const number = () => 3 as unknown as tf.Scalar;
    expect(() => termValue('gloss', number, input)).toThrow('gave number, wanted a tf.Scalar');
  });
});
