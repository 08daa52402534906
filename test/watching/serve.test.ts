/** The server of a training's page: what it answers, to whom, and from where. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import type { LocalServer } from '../../src/serving/local-server.js';
import type { RunFolder } from '../../src/training/run/run-folder.js';
import { watchRun } from '../../src/watching/serve.js';
import { logStep, newRun, writeSample } from './fixture.js';

let run: RunFolder;
let server: LocalServer;
let png: Buffer;

beforeAll(async () => {
  run = await newRun({}, '<img src=x onerror=alert(1)>');
  await logStep(run, 1, { loss: 2 });
  png = await writeSample(run, 1);
  await writeFile(join(run.path, 'samples/other.txt'), 'secret');
  await mkdir(join(run.path, '../outside'));
  await writeFile(join(run.path, '../outside/step-000002.png'), 'secret');
  await symlink(join(run.path, '../outside/step-000002.png'), join(run.path, 'samples/step-000002.png'));
  server = await watchRun(run.path);
});

afterAll(async () => {
  await server.close();
  await run[Symbol.asyncDispose]();
});

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** A request as it is, of which `fetch` would tidy up path and host. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answered> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, headers, method }, async (response) => {
      const body = Buffer.concat(await response.toArray());
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
    sent.on('error', reject).end();
  });
}

it('tells the run, and nothing twice', async () => {
  const { status, headers, body } = await ask('/run.json?x');
  expect(status).toBe(200);
  expect(JSON.parse(body.toString())).toMatchObject({
    name: '<img src=x onerror=alert(1)>',
    headline: 'Step 1 of 1000',
  });
  const again = await ask('/run.json', { 'If-None-Match': String(headers.etag) });
  expect([again.status, again.body.length]).toEqual([304, 0]);
  await logStep(run, 2, { loss: 1 });
  expect((await ask('/run.json', { 'If-None-Match': String(headers.etag) })).status).toBe(200);
});

it('has a page of its own origin alone', async () => {
  const { headers, body } = await ask('/');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(body.toString()).toContain('<script type="module" src="watch.js">');
  expect((await ask('/style.css')).headers['content-type']).toBe('text/css; charset=utf-8');
});

it('hands out pictures of validations, and no other file', async () => {
  const picture = await ask('/samples/step-000001.png');
  expect(picture.headers['content-type']).toBe('image/png');
  expect(picture.body.equals(png)).toBe(true);
  for (const path of [
    '/samples/step-000002.png', // a link that leads out
    '/samples/step-000003.png',
    '/samples/other.txt',
    '/samples/../config.json',
    '/samples/..%2fconfig.json',
    '/samples/%2e%2e/config.json',
    '/config.json',
    '/../../../etc/passwd',
    '//etc/passwd',
    '/constructor',
    '/__proto__',
  ]) {
    const { status, body } = await ask(path);
    expect([path, status, body.toString()]).toEqual([path, 404, 'There is no such file.\n']);
  }
});

it('answers its own machine alone, and takes nothing', async () => {
  for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:80', '[::1]:80'])
    expect((await ask('/run.json', { Host: host })).status).toBe(200);
  for (const host of ['evil.example', 'localhost.evil.example:80', '192.168.0.1'])
    expect((await ask('/run.json', { Host: host })).status).toBe(403);
  expect((await ask('/run.json', {}, 'POST')).status).toBe(405);
  expect((await ask('/run.json', {}, 'HEAD')).body.length).toBe(0);
});

it('refuses a port that is taken', async () => {
  const port = Number(new URL(server.url).port);
  await expect(watchRun(run.path, port)).rejects.toThrow(UserError);
  await expect(watchRun(run.path, port)).rejects.toThrow(/^--port: got \d+, which is taken/);
});
