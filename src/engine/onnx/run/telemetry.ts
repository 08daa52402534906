/**
 * ONNX Runtime's builds for Linux report to Microsoft since 1.29 what they run, and keep a device id and a database below
 * ~/.cache/Microsoft, unless an environment variable says no when the library is loaded.
 */
import { Session } from 'node:inspector';
import { isMainThread } from 'node:worker_threads';
import { UserError } from '../../../errors.js';

const variable = 'ORT_DISABLE_TELEMETRY';
const off = '1';

/** Says no for this process and its children, unless the user has said something. Must come before the library is loaded. */
export function switchTelemetryOff(): void {
  process.env[variable] ??= off;
  if (!isMainThread) switchOffInProcess();
}

/** A worker's `process.env` is a copy that native code does not see: the process' own is changed through its main thread. */
function switchOffInProcess(): void {
  if (isSetInProcess()) return;
  const inspector = new Session();
  try {
    inspector.connectToMainThread();
    inspector.post('Runtime.evaluate', { expression: `process.env.${variable} ??= '${process.env[variable]}'` });
    const deadline = performance.now() + 1000;
    while (!isSetInProcess()) {
      if (performance.now() > deadline) {
        throw new UserError(
          `ONNX Runtime would send telemetry from this worker, whose main thread does not answer: set ${variable}=${off} ` +
            'before the program starts.',
        );
      }
    }
  } finally {
    inspector.disconnect();
  }
}

/** A report is the one thing that tells a worker what native code sees. */
function isSetInProcess(): boolean {
  // Names of the other ends of connections would be looked up for it.
  Object.assign(process.report, { excludeNetwork: true });
  const { environmentVariables } = process.report.getReport() as { environmentVariables: Record<string, string> };
  return variable in environmentVariables;
}
