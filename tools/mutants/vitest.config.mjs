/** The tests of one room, in the room's order: the first that fails ends a mutant's run, so the quick ones come first. */
import { BaseSequencer } from 'vitest/node';

const tests = JSON.parse(process.env.MUTANTS_TESTS ?? '[]');

class InOrder extends BaseSequencer {
  async sort(files) {
    const place = ({ moduleId }) => tests.findIndex((test) => moduleId.includes(`/${test}`));
    return [...files].sort((a, b) => place(a) - place(b));
  }
}

export default {
  test: {
    include: tests.map((test) => (test.endsWith('.ts') ? test : `${test}/**/*.test.ts`)),
    sequence: { sequencer: InOrder },
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
};
