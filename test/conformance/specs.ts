/** Runs the bundled suite under jasmine in this process. */
import { createRequire } from 'node:module';

export interface SpecResult {
  readonly name: string;
  readonly passed: boolean;
  /** Of every expectation that failed. */
  readonly messages: readonly string[];
}

/** What this file uses of jasmine, which comes without types. */
interface JasmineResult {
  readonly fullName: string;
  readonly status: 'passed' | 'failed' | 'pending' | 'excluded';
  readonly failedExpectations: readonly { readonly message: string }[];
}
interface JasmineRunner {
  exitOnCompletion: boolean;
  loadConfig(config: { spec_files: string[]; random: boolean }): void;
  clearReporters(): void;
  addReporter(reporter: { specDone(result: JasmineResult): void; suiteDone(result: JasmineResult): void }): void;
  execute(): Promise<unknown>;
}

const Jasmine = createRequire(import.meta.url)('jasmine') as new (options: { projectBaseDir: string }) => JasmineRunner;

/** Results of all specs that tfjs-core does not switch off itself. A failure outside any spec counts as one. */
export async function runSpecs(folder: string, file: string): Promise<SpecResult[]> {
  const jasmine = new Jasmine({ projectBaseDir: folder });
  const results: SpecResult[] = [];
  const add = ({ fullName, status, failedExpectations }: JasmineResult) => {
    const messages = failedExpectations.map(({ message }) => message);
    results.push({ name: fullName, passed: status === 'passed', messages });
  };
  jasmine.loadConfig({ spec_files: [file], random: false });
  jasmine.exitOnCompletion = false;
  jasmine.clearReporters();
  jasmine.addReporter({
    specDone(result) {
      if (result.status === 'passed' || result.status === 'failed') add(result);
    },
    suiteDone(result) {
      if (result.failedExpectations.length > 0) add({ ...result, status: 'failed' });
    },
  });
  await jasmine.execute();
  return results;
}
