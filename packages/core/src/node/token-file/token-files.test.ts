import { mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { spaceOf } from '../../../test/support/arbitrary-grids.ts';
import type { TokenGrid } from '../../tokens/token-grid.ts';
import { openTokenFileAt, writeTokenFile } from './token-files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'token-files-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const tokenSpace = spaceOf([4, 4], 1024);
const gridAt = (startSample: number, id: number): TokenGrid => ({
  tokenSpace,
  startSample,
  sampleCount: 8,
  tracks: [1, 2].map((factor) => ({ ids: Uint32Array.of(id, id * factor) })),
});

describe('writeTokenFile and openTokenFileAt', () => {
  test('write and read a file, from a list and from a stream', async () => {
    const grids = [gridAt(0, 1), gridAt(8, 2)];
    const path = join(folder, 'größe 名.safetensors');
    const written = await writeTokenFile(path, grids, { tokenSpace });
    const bytes = await readFile(path);
    expect(written).toEqual({ sampleCount: 16, sizeBytes: bytes.byteLength });
    async function* stream() {
      yield* grids;
    }
    await writeTokenFile(path, stream(), { tokenSpace });
    expect(await readFile(path)).toEqual(bytes);
    await using file = await openTokenFileAt(path);
    expect((await file.read({ startSample: 8 })).tracks[1]?.ids).toEqual(Uint32Array.of(2, 4));
    expect(await readdir(folder)).toEqual(['größe 名.safetensors']);
    await file.close();
    await file.close();
    await expect(file.read()).rejects.toMatchObject({ code: 'file-read' });
  });

  test('an error of the stream comes through, and leaves the old file', async () => {
    const path = join(folder, 'a.safetensors');
    await writeFile(path, 'old');
    const failure = new Error('the model failed');
    async function* stream() {
      yield gridAt(0, 1);
      throw failure;
    }
    await expect(writeTokenFile(path, stream(), { tokenSpace })).rejects.toBe(failure);
    await expect(writeTokenFile(path, [gridAt(4, 1), gridAt(4, 1)], { tokenSpace })).rejects.toMatchObject({
      code: 'stream-order',
    });
    expect(await readdir(folder)).toEqual(['a.safetensors']);
    expect(await readFile(path, 'utf8')).toBe('old');
  });

  test('an abort stops with its reason, ends the stream, and leaves nothing', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    let ended = false;
    let wentOn = false;
    async function* stream() {
      try {
        yield gridAt(0, 1);
        controller.abort(reason);
        yield gridAt(8, 1);
        wentOn = true;
        yield gridAt(16, 1);
      } finally {
        ended = true;
      }
    }
    const path = join(folder, 'a.safetensors');
    await expect(writeTokenFile(path, stream(), { tokenSpace, signal: controller.signal })).rejects.toBe(reason);
    await expect(writeTokenFile(path, [], { tokenSpace, signal: controller.signal })).rejects.toBe(reason);
    expect([ended, wentOn]).toEqual([true, false]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a folder that does not exist shows before the first grid is asked for', async () => {
    let asked = false;
    function* stream() {
      asked = true;
      yield gridAt(0, 1);
    }
    const missing = join(folder, 'none', 'a.safetensors');
    await expect(writeTokenFile(missing, stream(), { tokenSpace })).rejects.toMatchObject({
      code: 'file-write',
      details: { path: missing },
    });
    await mkdir(join(folder, 'taken'));
    await expect(writeTokenFile(join(folder, 'taken'), stream(), { tokenSpace })).rejects.toThrow(
      /folder of that name/,
    );
    expect(asked).toBe(false);
  });

  test('files that cannot be opened', async () => {
    await expect(openTokenFileAt(join(folder, 'none'))).rejects.toMatchObject({ code: 'file-read' });
    await expect(openTokenFileAt(folder)).rejects.toMatchObject({ code: 'file-read' });
    const path = join(folder, 'empty');
    await writeFile(path, '');
    await expect(openTokenFileAt(path)).rejects.toMatchObject({ code: 'token-file-invalid', details: { path } });
  });
});

test.skipIf(process.platform !== 'linux')('a file that is no token file does not stay open', async () => {
  const path = join(folder, 'a');
  await writeFile(path, 'no tokens in here');
  await expect(openTokenFileAt(path)).rejects.toMatchObject({ code: 'token-file-invalid' });
  const links = (await readdir('/proc/self/fd')).map((descriptor) => readlink(`/proc/self/fd/${descriptor}`));
  const open = await Promise.all(links.map((link) => link.catch(() => '')));
  expect(open).not.toContain(await realpath(path));
});
