import { reasonOf } from '../../../errors.js';

/** Whether it is about what a person did, here or in the worker, whose errors come without their class. */
export const isUserError = (error: unknown): error is Error => error instanceof Error && error.name === 'UserError';

/** What a person is told of anything that was thrown, here or in the worker. */
export function sentenceOf(error: unknown): string {
  if (isUserError(error)) return error.message;
  const reason = reasonOf(error);
  if (/memory|allocation|bad_alloc|Array buffer/i.test(reason)) {
    return 'There is no memory left for this: close other pages, or choose a smaller size.';
  }
  return `Something failed (${reason.slice(0, 200)}): try another picture, or reload the page.`;
}
