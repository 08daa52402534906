import { expect, test } from 'vitest';
import { intervalText, percentText } from '../../../src/evaluation/measures/interval-text.js';
import {
  formatMeasure,
  formatWithUnit,
  type ShownMeasure,
  shownMeasures,
} from '../../../src/evaluation/measures/measure-guide.js';

test('each measure is written with its digits and its unit', () => {
  const written: Record<ShownMeasure, string> = {
    psnrDb: '12.35\u00a0dB',
    ssim: '12.346',
    perceptualDistance: '12.346',
    frechetDistance: '12.35',
    gradientEnergyRatio: '12.346',
    blurSigmaPx: '12.35\u00a0px',
    fineKept: '1235\u00a0%',
    fineInvented: '1235\u00a0%',
    fineCoherence: '12.35',
    fineErrorRatio: '12.35',
  };
  expect(Object.fromEntries(shownMeasures.map((name) => [name, formatWithUnit(name, 12.3456)]))).toEqual(written);
});

test('nothing is zero below zero, and what is no number is a dash', () => {
  expect(formatMeasure('psnrDb', -0.004)).toBe('0.00');
  expect(formatMeasure('fineInvented', -0.004)).toBe('0');
  expect(formatMeasure('psnrDb', -0.05)).toBe('-0.05');
  expect(formatMeasure('psnrDb', -10)).toBe('-10.00');
  expect(formatMeasure('psnrDb', Number.NaN)).toBe('–');
  expect(formatMeasure('psnrDb', Number.POSITIVE_INFINITY)).toBe('–');
});

test('intervals are written behind their means', () => {
  const interval = { mean: 0.4707, low: 0.42, high: 0.5226, count: 9 };
  expect(intervalText(interval, 2)).toBe('0.47 (0.42 to 0.52)');
  expect(percentText(interval)).toBe('47.1 % (42.0 to 52.3)');
});
