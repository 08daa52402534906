import { stringify } from 'csv-stringify/sync';

/**
 * Lines with the names of their columns above them. What a spreadsheet would take for a formula, such as the name of a file
 * that begins with `=`, gets an apostrophe (OWASP, CSV injection); numbers stay numbers.
 */
export function csvText(lines: readonly object[]): string {
  return stringify([...lines], { header: true, escape_formulas: true });
}

/** A line of values in the order of their columns, by the same rule. */
export function csvLine(values: readonly (string | number | undefined)[]): string {
  return stringify([[...values]], { escape_formulas: true });
}
