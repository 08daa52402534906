/** All mutants of a file at once, each behind a switch (StrykerJS's instrumenter: its operators, and one for numbers). */

import { createInstrumenter } from '@stryker-mutator/instrumenter';
import { createInjector } from 'typed-inject';
import { allMutators } from './node_modules/@stryker-mutator/instrumenter/dist/src/mutators/index.js';
import { numberMutator } from './numbers.mjs';

allMutators.push(numberMutator);

/** What an error says is no arithmetic: mutants within a `throw`'s arguments are left out. */
const errorTexts = {
  shouldIgnore: (path) =>
    path.isNewExpression() && /Error$/.test(path.node.callee.name ?? '') ? 'The text of an error' : undefined,
};
const options = {
  excludedMutations: ['StringLiteral', 'Regex', 'ObjectLiteral', 'ArrayDeclaration'],
  ignorers: [errorTexts],
  plugins: null,
};
const quiet = { debug() {}, info() {}, warn: (text) => process.stderr.write(`${text}\n`), isDebugEnabled: () => false };
const instrumenter = createInjector().provideValue('logger', quiet).injectFunction(createInstrumenter);

/** @returns the instrumented text, and of each mutant its id, replacement and place, lines and columns counted from 1 */
export async function instrumented(name, content) {
  const { files, mutants } = await instrumenter.instrument([{ name, content, mutate: true }], options);
  const kept = mutants.filter(({ status }) => status !== 'Ignored');
  return { text: files[0].content, mutants: kept.map((mutant) => ({ ...mutant, location: fromOne(mutant.location) })) };
}

const fromOne = ({ start, end }) => ({ start: counted(start), end: counted(end) });
const counted = ({ line, column }) => ({ line: line + 1, column: column + 1 });
