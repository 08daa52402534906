import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Files share two cores with ONNX Runtime's own threads; more workers only make each other wait.
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // tfjs' advice to install its own engine, wherever its cpu engine serves as the reference.
    onConsoleLog: (log) => !log.includes('looks like you are running TensorFlow.js in Node.js'),
  },
});
