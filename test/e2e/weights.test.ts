import { join } from 'node:path';
import { expect, test } from 'vitest';
import { latentVae, latentVaeJson, newFolder } from './latent-vae.js';

test('tells of every file where it is published, how to know it and whether it is here', async () => {
  const cache = await newFolder();
  const env = { XDG_CACHE_HOME: cache };
  const { folder, builtin, files } = await latentVaeJson(['weights'], { env });
  expect(folder).toBe(join(cache, 'latent-vae', 'weights'));
  expect(builtin.path).toMatch(/weights.photo-features\.safetensors$/);
  expect(files.map(({ kind }: { kind: string }) => kind)).toEqual(
    ['lpips-vgg', 'lpips-alex', 'lpips-squeeze'].flatMap((kind) => [kind, kind]),
  );
  for (const { state, path, fileName, url, sha256Prefix } of files) {
    expect(state).toBe('missing');
    expect(path).toBe(join(folder, fileName));
    expect(url).toMatch(/^https:/);
    expect(sha256Prefix).toMatch(/^([0-9a-f]{8}|[0-9a-f]{64})$/);
  }
  const { stdout } = await latentVae(['weights'], { env });
  for (const { fileName, url } of files) {
    expect(stdout).toContain(`missing, ${fileName}`);
    expect(stdout).toContain(url);
  }
});
