/**
 * `node telemetry-child.mjs main|worker|child [load]`: switches telemetry off there, loads ONNX Runtime if told to, and prints
 * what native code reads.
 */
import { spawnSync } from 'node:child_process';
import { Worker, workerData } from 'node:worker_threads';
import { availableProviders } from '../../src/engine/onnx/run/runtime.js';
import { switchTelemetryOff } from '../../src/engine/onnx/run/telemetry.js';

const [where, what] = workerData ?? process.argv.slice(2);
if (where === 'worker') {
  new Worker(new URL(import.meta.url), { workerData: ['main', what] });
} else {
  if (what === 'load') availableProviders();
  else switchTelemetryOff();
  if (where === 'child') {
    const { stdout } = spawnSync(process.execPath, ['-p', 'process.env.ORT_DISABLE_TELEMETRY']);
    process.stdout.write(stdout.toString().trim());
  } else {
    const report = process.report.getReport() as { environmentVariables: Record<string, string> };
    process.stdout.write(`${report.environmentVariables.ORT_DISABLE_TELEMETRY}`);
  }
}
