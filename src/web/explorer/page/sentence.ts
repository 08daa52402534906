import { reasonOf } from '../../../errors.js';

/** What a person is told of anything that was thrown, here or in the worker. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Error && error.name === 'UserError') return error.message;
  const reason = reasonOf(error);
  if (/memory|allocation|bad_alloc|Array buffer/i.test(reason)) {
    return 'There is no memory left for this: close other pages, or choose a smaller size.';
  }
  return `Something failed (${reason.slice(0, 200)}): try another picture, or reload the page.`;
}
