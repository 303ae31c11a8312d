import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, temporaryFolder } from './command-line.ts';
import { startLocalHub } from './local-hub.ts';

const weights = Buffer.from('these are weights');
const sha256 = createHash('sha256').update(weights).digest('hex');
let server: Server;
let address: string;

beforeAll(async () => {
  server = createServer((_, response) => response.end(weights));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights.bin`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

/** A plugin with one file to download and one beside it. */
async function pluginFolder(wanted = sha256): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'plugin'));
  const manifest = { specificationVersion: 'v1', provides: [{ kind: 'tokenizer', id: 'pulled:one', title: 'Pulled' }] };
  const json = { name: 'pulled', version: '1.0.0', type: 'module', exports: './index.js', speechTokens: manifest };
  await writeFile(join(folder, 'plugin/package.json'), JSON.stringify(json));
  await writeFile(join(folder, 'plugin/own.json'), '{}');
  const source = `export default {
    specificationVersion: 'v1',
    components: [{
      kind: 'tokenizer', id: 'pulled:one', title: 'Pulled',
      tokenSpace: { id: 'pulled:one#1', sampleRateHz: 8000, codebooks: [{ name: 'a', size: 2, hopSamples: 80 }], prefixDecodable: true },
      models: [
        { name: 'own.json', source: { type: 'bundled', url: new URL('./own.json', import.meta.url).href }, licence: 'Apache-2.0', sizeBytes: 2 },
        { name: 'weights.bin', source: { type: 'https', url: '${address}' }, sha256: '${wanted}', sizeBytes: ${weights.length}, licence: 'CC-BY-4.0' },
      ],
      load: async () => { throw new Error('not loaded here'); },
    }],
  };`;
  await writeFile(join(folder, 'plugin/index.js'), source);
  return folder;
}

const online = { SPEECH_TOKENS_OFFLINE: '0' };

describe('models', () => {
  it('lists, pulls with consent, finds and verifies', async () => {
    const cwd = await pluginFolder();
    const plugins = ['--plugins', 'plugin'];
    const before = await run(['models', 'list', ...plugins], { cwd });
    expect(before.stdout).toMatch(/pulled:one +weights\.bin +17 B +CC-BY-4\.0 +not here yet/);
    const missing = await run(['models', 'path', 'pulled:one', ...plugins], { cwd });
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/models pull pulled:one/);

    const refused = await run(['models', 'pull', 'pulled:one', ...plugins], { cwd, env: online });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/weights\.bin {2}17 B, licence CC-BY-4\.0/);
    expect(refused.stderr).toMatch(/error: /);
    const pulled = await run(['models', 'pull', 'pulled:one', '--yes', ...plugins, '--json'], { cwd, env: online });
    expect(pulled.code).toBe(0);
    expect(JSON.parse(pulled.stdout)).toMatchObject({
      command: 'models pull',
      models: [{ name: 'own.json' }, { name: 'weights.bin', sha256, sizeBytes: weights.length }],
      failures: [],
    });

    const found = await run(['models', 'path', 'pulled:one', ...plugins], { cwd });
    const path = found.stdout.split('\n')[1]!;
    expect(path.startsWith(join(cwd, 'cache'))).toBe(true);
    const intact = await run(['models', 'verify', 'pulled:one', ...plugins, '--json'], { cwd });
    expect(intact.code).toBe(0);
    expect(JSON.parse(intact.stdout).models).toMatchObject([
      { name: 'own.json', result: 'unknown' },
      { name: 'weights.bin', result: 'intact', foundSha256: sha256 },
    ]);
    await writeFile(path, 'those are weights');
    const corrupt = await run(['models', 'verify', 'pulled:one', ...plugins], { cwd });
    expect(corrupt.code).toBe(1);
    expect(corrupt.stdout).toMatch(/^corrupt +weights\.bin/m);
    expect(corrupt.stderr).toMatch(/A model file is damaged/);
  });

  it('keeps nothing of a download with the wrong hash', async () => {
    const cwd = await pluginFolder('0'.repeat(64));
    const { code, stdout } = await run(['models', 'pull', 'pulled:one', '--yes', '--plugins', 'plugin', '--json'], {
      cwd,
      env: online,
    });
    expect(code).toBe(3);
    expect(JSON.parse(stdout).failures).toMatchObject([{ name: 'weights.bin', error: { code: 'model-corrupt' } }]);
    const { stdout: list } = await run(['models', 'list', '--plugins', 'plugin'], { cwd });
    expect(list).toMatch(/weights\.bin .*not here yet/);
  });

  it('suggests the id that may have been meant, and prints the cache folder without one', async () => {
    const cwd = await pluginFolder();
    const wrong = await run(['models', 'pull', 'puled:one', '--plugins', 'plugin'], { cwd });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/pulled:one/);
    const { stdout } = await run(['models', 'path', '--json'], { cwd });
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      command: 'models path',
      cacheDirectory: join(cwd, 'cache'),
    });
  });

  it('counts weights in several files as all of them', async () => {
    const shards = { 'a.safetensors': Buffer.alloc(3000), 'b.safetensors': Buffer.alloc(4000, 1) };
    const index = Buffer.from(JSON.stringify({ weight_map: { x: 'a.safetensors', y: 'b.safetensors' } }));
    const hub = await startLocalHub('voices/tiny', { 'model.safetensors.index.json': index, ...shards });
    const cwd = await pluginFolder();
    const file = join(cwd, 'plugin/index.js');
    const source = `{ type: 'hub', repository: 'voices/tiny', revision: 'main', file: 'model.safetensors.index.json' }`;
    const model = `{ name: 'model.safetensors.index.json', source: ${source}, licence: 'MIT' }`;
    await writeFile(file, (await readFile(file, 'utf8')).replace(/models: \[.*?\],\n/s, `models: [${model}],\n`));
    const options = { cwd, env: { ...online, HF_ENDPOINT: hub } };
    const plugins = ['--plugins', 'plugin'];
    const before = await run(['models', 'list', ...plugins], options);
    expect(before.stdout).toMatch(/model\.safetensors\.index\.json +– .*not here yet/);
    const pulled = await run(['models', 'pull', 'pulled:one', '--yes', ...plugins], options);
    const names = ['model.safetensors.index.json', 'a.safetensors', 'b.safetensors'];
    expect(
      pulled.stdout
        .trim()
        .split('\n')
        .map((path) => basename(path)),
    ).toEqual(names);

    const { stdout: list } = await run(['models', 'list', '--json', ...plugins], options);
    const sizes = [index.length, 3000, 4000];
    const listed = (JSON.parse(list).models as { ids: string[] }[]).filter(({ ids }) => ids.includes('pulled:one'));
    expect(listed).toMatchObject(names.map((name, i) => ({ name, sizeBytes: sizes[i] })));
    expect(JSON.parse(list).otherCachedFiles).toEqual([]);
    const { stdout: paths } = await run(['models', 'path', 'pulled:one', ...plugins], options);
    expect(paths).toBe(pulled.stdout);
    const shard = paths.split('\n')[2]!;
    await writeFile(shard, Buffer.alloc(4000));
    const corrupt = await run(['models', 'verify', 'pulled:one', ...plugins], options);
    expect(corrupt.stdout).toMatch(/^corrupt +b\.safetensors/m);
    await rm(shard);
    const missing = await run(['models', 'path', 'pulled:one', ...plugins], options);
    expect(missing.stderr).toMatch(/b\.safetensors of pulled:one is not on this machine yet/);
  });
});
