/**
 * A mistake that the person at the keyboard can mend: printed as one sentence, without a stack, with exit code 2.
 * Every other error is a bug and keeps its stack.
 */
export class UserError extends Error {
  readonly exitCode = 2;
  override readonly name = 'UserError';
}

/** The message of anything that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Throws a `UserError` unless `got` equals `wanted`, where -1 in `wanted` allows any size.
 *
 * @param subject what has the shape, e.g. `latents in shard 3`
 * @param remedy what to do, e.g. `pass the model that encoded them`
 */
export function assertShape(subject: string, got: readonly number[], wanted: readonly number[], remedy: string): void {
  const fits = got.length === wanted.length && wanted.every((size, axis) => size === -1 || size === got[axis]);
  if (fits) return;
  const format = (shape: readonly number[]) => shape.map((size) => (size === -1 ? '?' : size)).join('×') || 'a scalar';
  throw new UserError(`${subject}: got shape ${format(got)}, wanted ${format(wanted)}; ${remedy}.`);
}
