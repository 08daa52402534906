import { expect, test } from 'vitest';
import { csvText } from '../../src/report/csv-text.js';

test('names that a spreadsheet would run are texts, and numbers stay numbers', () => {
  const lines = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', 'a,b'].map((image) => ({ image, psnrDb: -1.5 }));
  expect(csvText(lines).split('\n')).toEqual([
    'image,psnrDb',
    "'=1+1,-1.5",
    "'+1,-1.5",
    "'-1,-1.5",
    "'@SUM(A1),-1.5",
    "'\tx,-1.5",
    '"a,b",-1.5',
    '',
  ]);
});
