import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openTokenFileAt } from '@speech-tokens/core/node';
import { expect, test } from 'vitest';

const pathOf = (place: string): string => fileURLToPath(new URL(place, import.meta.url));

test('trains units and byte pairs on recordings, offline, and gets back what it started from', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'own-units-'));
  try {
    const out = join(folder, 'out');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '--conditions=@speech-tokens/source',
        pathOf('../own-units.ts'),
        pathOf('../../audio'),
        ...['--encoder', pathOf('../../../packages/codec-ssl/test/golden/hubert-base'), '--layer', '2'],
        ...['--clusters', '20', '--vocabulary', '60', '--out', out],
      ],
      { cwd: folder, env: { ...process.env, SPEECH_TOKENS_OFFLINE: '1' } },
    );
    const [, units, merged, tokens] = stdout.match(/(\d+) units, (\d+) without repeats, (\d+) tokens/)!.map(Number);
    expect(stdout).toMatch(/^20 centroids from \d+ frames, \d+ passes\n/);
    expect(merged).toBeLessThan(units!);
    expect(tokens).toBeLessThan(merged!);
    const recordings = (await readdir(pathOf('../../audio'))).filter((name) => name !== 'README.md');
    expect(stdout.match(/and back/g)?.length).toBe(recordings.length);
    expect((await readdir(out)).sort()).toEqual(
      [
        'centroids.safetensors',
        'merges.json',
        'units.json',
        ...recordings.map((name) => `${name}.tokens.safetensors`),
      ].sort(),
    );
    await using file = await openTokenFileAt(join(out, `${recordings[0]}.tokens.safetensors`));
    expect(file.tokenSpace.codebooks[0]!.size).toBe(60);
    expect(file.tokenSpace.derivedFrom?.transform).toBe('byte-pair');
  } finally {
    await rm(folder, { recursive: true });
  }
});
