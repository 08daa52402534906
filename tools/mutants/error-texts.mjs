/** What an error says is no arithmetic: mutants within a `throw`'s arguments are left out. */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

const isError = (path) => path.isNewExpression() && /Error$/.test(path.node.callee.name ?? '');

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'error-texts', {
    shouldIgnore: (path) => (isError(path) ? 'The text of an error' : undefined),
  }),
];
