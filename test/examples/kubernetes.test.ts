/**
 * The manifests of examples/kubernetes against Kubernetes' own schema, which is not copied here: `kubectl get --raw
 * /openapi/v3/apis/batch/v1`, or api/openapi-spec/v3/apis__batch__v1_openapi.json of kubernetes/kubernetes.
 */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const folder = fileURLToPath(new URL('../../examples/kubernetes/', import.meta.url));
const schemaFile = process.env.LATENT_VAE_KUBERNETES_SCHEMA;
const manifests = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
const job = schemaFile === undefined ? undefined : await jobSchema(schemaFile);
if (job === undefined) {
  const reason = schemaFile === undefined ? 'names no schema (see CONTRIBUTING.md)' : 'is of a Kubernetes before 1.28';
  process.stdout.write(`skipped: LATENT_VAE_KUBERNETES_SCHEMA ${reason}\n`);
}

type Json = Readonly<Record<string, unknown>>;

async function jobSchema(path: string) {
  const { components } = JSON.parse(await readFile(path, 'utf8')) as { components: { schemas: Record<string, Json> } };
  // Retries for each index came with 1.28.
  const { properties } = components.schemas['io.k8s.api.batch.v1.JobSpec'] as { properties: Json };
  if (!('backoffLimitPerIndex' in properties)) return undefined;
  const definitions = Object.entries(components.schemas).map(([name, schema]) => [name, strict(schema)] as const);
  return z.fromJSONSchema({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $ref: '#/$defs/io.k8s.api.batch.v1.Job',
    $defs: Object.fromEntries(definitions),
  } as never);
}

/** As `kubectl --validate=strict`: a field that the schema does not know is a mistake. Defaults are the server's business. */
function strict(schema: Json): Json {
  const { default: _, format: _format, description: _description, ...kept } = schema;
  const entries = Object.entries(kept).map(([key, value]) => {
    if (key === '$ref') return [key, String(value).replace('#/components/schemas/', '#/$defs/')];
    if (key === 'properties')
      return [
        key,
        Object.fromEntries(Object.entries(value as Json).map(([name, inner]) => [name, strict(inner as Json)])),
      ];
    if (key === 'items' || key === 'additionalProperties')
      return [key, typeof value === 'object' ? strict(value as Json) : value];
    if (key === 'allOf' || key === 'oneOf') return [key, (value as Json[]).map(strict)];
    return [key, value];
  });
  return { ...Object.fromEntries(entries), ...('properties' in kept && { additionalProperties: false }) };
}

test.skipIf(job === undefined).each(manifests)('%s is what Kubernetes expects', async (name) => {
  const manifest = parse(await readFile(folder + name, 'utf8'));
  expect(job?.safeParse(manifest)).toMatchObject({ success: true });
  expect(manifest).toMatchObject({ apiVersion: 'batch/v1', kind: 'Job' });
  // The schema sees mistakes.
  const container = { ...manifest.spec.template.spec.containers[0], imagee: 'x' };
  for (const wrong of [
    { ...manifest, spec: { ...manifest.spec, completionsMode: 'Indexed' } },
    { ...manifest, spec: { ...manifest.spec, backoffLimit: 'two' } },
    { ...manifest, spec: { ...manifest.spec, template: { spec: { containers: [container] } } } },
    { ...manifest, spec: { completions: 1 } },
  ]) {
    expect(job?.safeParse(wrong).success).toBe(false);
  }
});

test('encode.yaml encodes as many parts as it says, and each index once', async () => {
  const { spec } = parse(await readFile(`${folder}encode.yaml`, 'utf8'));
  const { args } = spec.template.spec.containers[0];
  expect(spec.completionMode).toBe('Indexed');
  expect(args[args.indexOf('--parts') + 1]).toBe(String(spec.completions));
});
