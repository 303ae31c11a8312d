import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bytesSource } from '@speech-tokens/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../exit-codes.ts';
import { type FoundFile, filesIn, recordings } from './files-in-folders.ts';
import { planOutputs, shortPath, stemOf } from './output-paths.ts';
import { runJobs } from './run-jobs.ts';
import { sniffInput } from './sniff-input.ts';

const nameFor = (name: string): string => `${stemOf(name)}.out`;
const named = (inputs: readonly string[]): readonly FoundFile[] => inputs.map((input) => ({ input }));
let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'speech-tokens-cli-'));
  await mkdir(join(cwd, 'folder'));
  await writeFile(join(cwd, 'file'), '');
});
afterAll(() => rm(cwd, { recursive: true }));

describe('planOutputs', () => {
  it.each([
    [['a.wav'], undefined, ['a.out']],
    [['x/a.tokens.json'], undefined, ['x/a.out']],
    [['a.wav'], 'b.dat', ['b.dat']],
    [['a.wav'], 'folder', ['folder/a.out']],
    [['a.wav'], 'new/', ['new/a.out']],
    [['a.wav', 'x/b.wav'], 'new', ['new/a.out', 'new/b.out']],
    [['-'], 'new/', ['new/stdin.out']],
  ])('puts %j with --out %s at %j', async (inputs, out, wanted) => {
    const planned = await planOutputs({ inputs: named(inputs), out, cwd, nameFor });
    expect(planned.map(({ output }) => output)).toEqual(wanted.map((path) => join(cwd, path)));
  });

  it('sends standard input to standard output', async () => {
    expect(await planOutputs({ inputs: named(['-']), out: undefined, cwd, nameFor })).toEqual([
      { input: '-', output: '-' },
    ]);
    expect(await planOutputs({ inputs: named(['a.wav']), out: '-', cwd, nameFor })).toEqual([
      { input: 'a.wav', output: '-' },
    ]);
  });

  it('refuses outputs that would be lost', async () => {
    for (const [inputs, out] of [
      [['a.wav', 'b.wav'], 'file'],
      [['a.wav', 'a.flac'], undefined],
      [['a.wav'], 'a.wav'],
      [['a.wav', 'b.wav'], '-'],
    ] as const) {
      await expect(planOutputs({ inputs: named(inputs), out, cwd, nameFor })).rejects.toThrow(UsageError);
    }
  });

  it('keeps the folders that inputs lie in, also for a single one', async () => {
    const inputs = [{ input: 'set/x/a.wav', within: 'x' }];
    expect(await planOutputs({ inputs, out: 'new', cwd, nameFor })).toEqual([
      { input: 'set/x/a.wav', output: join(cwd, 'new/x/a.out') },
    ]);
    expect((await planOutputs({ inputs, out: undefined, cwd, nameFor }))[0]!.output).toBe(join(cwd, 'set/x/a.out'));
  });

  it('shortens paths within the folder only', () => {
    expect(shortPath('/a/b/c.wav', '/a/b')).toBe('c.wav');
    expect(shortPath('/a/c.wav', '/a/b')).toBe('/a/c.wav');
    expect(stemOf('x.tokens.safetensors')).toBe('x');
    expect(stemOf('.tokens.json')).toBe('.tokens');
  });
});

describe('filesIn', () => {
  const files = [
    'set/b.WAV',
    'set/notes.txt',
    'set/x/a.flac',
    'set/.hidden.wav',
    'set/.trash/c.wav',
    'elsewhere/d.wav',
  ];

  beforeAll(async () => {
    for (const file of files) {
      await mkdir(dirname(join(cwd, file)), { recursive: true });
      await writeFile(join(cwd, file), '');
    }
    await symlink(join(cwd, 'elsewhere/d.wav'), join(cwd, 'set/linked.wav'));
    await symlink(join(cwd, 'nowhere.wav'), join(cwd, 'set/broken.wav'));
    await symlink(join(cwd, 'set'), join(cwd, 'set/x/round'));
  });

  it('finds what is in a folder, in a fixed order, without what is hidden', async () => {
    expect(await filesIn(['set'], cwd, recordings)).toEqual([
      { input: 'set/b.WAV', within: '' },
      { input: 'set/linked.wav', within: '' },
      { input: 'set/x/a.flac', within: 'x' },
    ]);
  });

  it('takes each file once, and files that are named whatever they are called', async () => {
    expect(await filesIn(['set/notes.txt', 'set/x/a.flac', './set/', '-', 'gone.wav'], cwd, recordings)).toEqual([
      { input: 'set/notes.txt' },
      { input: 'set/x/a.flac' },
      { input: 'set/b.WAV', within: '' },
      { input: 'set/linked.wav', within: '' },
      { input: '-' },
      { input: 'gone.wav' },
    ]);
  });

  it('says what it misses', async () => {
    await expect(filesIn(['folder'], cwd, recordings)).rejects.toThrow(/a folder without recordings/);
    await expect(filesIn(['-', '-'], cwd, recordings)).rejects.toThrow(UsageError);
    await expect(filesIn(['gone.wav'], cwd, recordings, { requireAll: true })).rejects.toThrow(
      /no such file or folder/,
    );
  });
});

describe('runJobs', () => {
  const later = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(resolve, 5 * Math.random(), value));

  it('runs at most so many at a time, gives results in order, and goes on past failures', async () => {
    let [running, most] = [0, 0];
    const seen: unknown[] = [];
    await runJobs(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      3,
      new AbortController().signal,
      async (item) => {
        most = Math.max(most, ++running);
        await later(undefined);
        running--;
        if (item % 4 === 2) throw new Error(`no ${item}`);
        return item;
      },
      async (result, index) => {
        await later(undefined);
        seen.push([index, 'value' in result ? result.value : (result.error as Error).message]);
      },
    );
    expect(most).toBe(3);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((item) => [item, item % 4 === 2 ? `no ${item}` : item]));
  });

  it('waits for what runs after an abort, starts nothing new, and rejects with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    const started: number[] = [];
    const delivered: unknown[] = [];
    let ended = 0;
    const running = runJobs(
      [0, 1, 2, 3, 4],
      2,
      controller.signal,
      async (item) => {
        started.push(item);
        await later(undefined);
        ended++;
        if (item === 1) controller.abort(reason);
        if (controller.signal.aborted) throw reason;
      },
      async (result) => {
        delivered.push(result);
      },
    );
    await expect(running).rejects.toBe(reason);
    // What an abort cut short is no failure of its own.
    expect(delivered).not.toContainEqual({ error: reason });
    expect(started.length).toBeLessThan(5);
    expect(ended).toBe(started.length);
  });

  it('rejects where a result cannot be delivered', async () => {
    const broken = new Error('nobody listens');
    const signal = new AbortController().signal;
    const run = runJobs([1, 2], 1, signal, later, async () => {
      throw broken;
    });
    await expect(run).rejects.toBe(broken);
  });
});

describe('sniffInput', () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  it.each([
    ['npy', Uint8Array.of(0x93, ...text('NUMPY\u0001\u0000'))],
    ['ecdc', text('ECDC\u0000')],
    ['safetensors', Uint8Array.of(64, 0, 0, 0, 0, 0, 0, 0, ...text('{"ids.0":'))],
    ['json', text('  {"format":')],
    ['json', text('\ufeff{')],
    ['audio', text('RIFF....WAVE')],
    ['audio', text('')],
    ['audio', text('fLaC')],
  ] as const)('takes the beginning of %s for what it is', async (kind, bytes) => {
    expect(await sniffInput(bytesSource(bytes), new AbortController().signal)).toBe(kind);
  });
});
