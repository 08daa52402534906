/** Mutants of numbers, which StrykerJS has none of: of literals, and of Math's constants. */
import babel from '@babel/core';

const { types } = babel;

/** The next of a small whole number, twice any other; π becomes 2π. */
export const numberMutator = {
  name: 'Number',
  *mutate(path) {
    if (isMathConstant(path)) yield types.binaryExpression('*', types.numericLiteral(2), types.cloneNode(path.node));
    if (!path.isNumericLiteral() || isKey(path)) return;
    const { value } = path.node;
    yield types.numericLiteral(Number.isInteger(value) && value <= 16 ? value + 1 : 2 * value);
  },
};

const isMathConstant = (path) =>
  path.isMemberExpression() &&
  path.get('object').isIdentifier({ name: 'Math' }) &&
  /^[A-Z]/.test(path.node.property.name ?? '');

const isKey = ({ parentPath, key }) => parentPath.isObjectProperty() && key === 'key';
