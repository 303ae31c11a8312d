import { copyFileSync, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeWav } from '@speech-tokens/audio-files';
import { readCentroids } from '@speech-tokens/codec-ssl';
import { openTokenFileAt } from '@speech-tokens/core/node';
import { expect, it } from 'vitest';
import { type Run, run, temporaryFolder } from './command-line.ts';

const encoder = fileURLToPath(new URL('../../codec-ssl/test/golden/hubert-base', import.meta.url));
const fitArguments = ['ssl', 'fit-kmeans', 'corpus', '--encoder', encoder, '--layer', '2', '--clusters', '8'];

/** Recordings of tones that glide, in folders; and a file that is no recording. */
async function corpus(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'corpus/deep'), { recursive: true });
  for (const [name, pitch] of [
    ['a.wav', 200],
    ['b.WAV', 330],
    ['deep/c.wav', 500],
  ] as const) {
    const samples = Float32Array.from(
      { length: 16_000 },
      (_, i) => 0.4 * Math.sin((pitch + i / 100) * (i / 16_000) * 6),
    );
    await writeFile(join(folder, 'corpus', name), encodeWav({ sampleRateHz: 16_000, channels: [samples] }));
  }
  await writeFile(join(folder, 'corpus/notes.txt'), 'none');
  return folder;
}

it('makes centroids that tell where they come from', async () => {
  const cwd = await corpus();
  const made = await run([...fitArguments, '--out', 'km.safetensors'], { cwd });
  expect([made.code, made.stdout]).toEqual([0, 'km.safetensors\n']);
  expect(made.stderr).toMatch(/8 centroids from 147 frames: inertia \d/);
  expect(await readCentroids(join(cwd, 'km.safetensors'))).toMatchObject({ count: 8, width: 24 });
  expect((await readdir(cwd)).sort()).toEqual(['corpus', 'km.safetensors']);

  const again = await run([...fitArguments, '--out', 'km.safetensors'], { cwd });
  expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/is there already/)]);
  const other = await run([...fitArguments, '--out', 'other.safetensors', '--json', '--seed', '1'], { cwd });
  expect(JSON.parse(other.stdout)).toMatchObject({
    command: 'ssl fit-kmeans',
    output: join(cwd, 'other.safetensors'),
    encoder: 'HuBERT',
    encoderFingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
    layer: 2,
    clusterCount: 8,
    seed: '1',
    frameCount: 147,
    seenFrameCount: 147,
    inertia: expect.any(Number),
    isConverged: true,
    failures: [],
  });
  expect(await readFile(join(cwd, 'other.safetensors'))).not.toEqual(await readFile(join(cwd, 'km.safetensors')));
});

it('makes a folder that tokenize takes', async () => {
  const cwd = await corpus();
  const made = await run([...fitArguments, '--max-frames', '60', '--out', 'units/'], { cwd });
  expect([made.code, made.stdout]).toEqual([0, 'units\n']);
  expect(made.stderr).toMatch(/8 centroids from 60 of 147 frames/);
  const tokenize = [
    'tokenize',
    'corpus/a.wav',
    '--tokenizer',
    'ssl:units',
    '--checkpoint',
    'units',
    '--out',
    'a.safetensors',
  ];
  expect((await run(tokenize, { cwd })).stderr).not.toMatch(/error/);
  await using file = await openTokenFileAt(join(cwd, 'a.safetensors'));
  expect(file.tokenSpace.codebooks[0]?.size).toBe(8);
});

/** Interrupts a run so many turns of the event loop after it says something. */
async function interrupted(argv: readonly string[], cwd: string, when: RegExp, turns: number): Promise<Run> {
  const stop = new AbortController();
  const abortIn = (left: number): void => void (left === 0 ? stop.abort() : setImmediate(abortIn, left - 1));
  const onStderr = (text: string): void => {
    if (when.test(text)) abortIn(turns);
  };
  return await run(argv, { cwd, signal: stop.signal, terminalColumns: 100, onStderr });
}

// A pass takes a turn at least, and so does each first mean: 12 turns lie within the first of three starts.
for (const [what, when, turns] of [
  ['recordings are read', /broken\.wav/, 0],
  ['frames are clustered', /Clustering/, 12],
] as const) {
  it(`interrupted while ${what}, it goes on and ends with the same centroids`, async () => {
    const cwd = await corpus();
    await writeFile(join(cwd, 'corpus/broken.wav'), 'no sound');
    const argv = [...fitArguments, '--restarts', '3', '--out', 'km.safetensors'];
    const first = await interrupted(argv, cwd, when, turns);
    expect(first.code).toBe(130);
    expect(first.stderr).toMatch(/Kept in km.safetensors.state.safetensors: the same command goes on/);
    expect((await readdir(cwd)).sort()).toEqual(['corpus', 'km.safetensors.state.safetensors']);

    const other = await run([...argv, '--seed', '2'], { cwd });
    expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/found other options.*--fresh/)]);
    const rest = await run([...argv, '--json'], { cwd });
    expect(rest.stderr).toMatch(/Going on from km.safetensors.state.safetensors/);
    expect(JSON.parse(rest.stdout).failures).toMatchObject([{ input: join('corpus', 'broken.wav') }]);
    expect((await readdir(cwd)).sort()).toEqual(['corpus', 'km.safetensors']);
    const whole = [...argv.slice(0, -1), 'whole.safetensors'];
    expect((await run(whole, { cwd })).code).toBe(3);
    expect(await readFile(join(cwd, 'km.safetensors'))).toEqual(await readFile(join(cwd, 'whole.safetensors')));
  });
}

it('saves the state while it runs, so that a crash costs little', async () => {
  const cwd = await corpus();
  const argv = [...fitArguments, '--restarts', '3', '--out'];
  const statesSeen = async (out: string, ...more: string[]): Promise<number> => {
    let count = 0;
    const onStderr = (): void => {
      const state = join(cwd, `${out}.state.safetensors`);
      if (!existsSync(state)) return;
      count++;
      // As a crash would leave it.
      copyFileSync(state, join(cwd, 'after-crash.safetensors.state.safetensors'));
    };
    const { code } = await run([...argv, out, ...more], { cwd, terminalColumns: 100, onStderr });
    expect([code, existsSync(join(cwd, `${out}.state.safetensors`))]).toEqual([0, false]);
    return count;
  };
  expect(await statesSeen('seldom.safetensors')).toBe(0);
  expect(await statesSeen('often.safetensors', '--keep-every', '0')).toBeGreaterThan(0);
  const rest = await run([...argv, 'after-crash.safetensors'], { cwd });
  expect(rest.stderr).toMatch(/Going on from after-crash/);
  expect(await readFile(join(cwd, 'after-crash.safetensors'))).toEqual(await readFile(join(cwd, 'seldom.safetensors')));
});

it('leaves out what cannot be read, and says so', async () => {
  const cwd = await corpus();
  await writeFile(join(cwd, 'corpus/broken.wav'), 'no sound');
  const made = await run([...fitArguments, '--out', 'km.safetensors', '--json'], { cwd });
  expect(made.code).toBe(3);
  expect(JSON.parse(made.stdout)).toMatchObject({
    frameCount: 147,
    failures: [{ input: join('corpus', 'broken.wav'), error: { code: 'audio-decode' } }],
  });
});

it('says what is wrong', async () => {
  const cwd = await corpus();
  const failing = async (...argv: string[]): Promise<string> => {
    const { code, stderr } = await run(['ssl', 'fit-kmeans', ...argv, '--out', 'km.safetensors'], { cwd });
    expect(await readdir(cwd)).not.toContain('km.safetensors');
    return `${code} ${stderr}`;
  };
  const good = ['--encoder', encoder, '--layer', '2', '--clusters', '8'];
  await mkdir(join(cwd, 'empty'));
  expect(await failing('empty', ...good)).toMatch(/^1 .*a folder without recordings/);
  expect(await failing('nowhere', ...good)).toMatch(/^1 .*no such file or folder/);
  expect(await failing('corpus', '--encoder', 'empty', '--layer', '2', '--clusters', '8')).toMatch(/^1 .*config\.json/);
  expect(await failing('corpus', '--encoder', encoder, '--layer', '9', '--clusters', '8')).toMatch(
    /^1 .*no such layer/,
  );
  expect(await failing('corpus', '--encoder', encoder, '--layer', '2', '--clusters', '500')).toMatch(
    /^1 .*too few frames for so many clusters: found 147, wanted at least 500/,
  );
  expect(await failing('corpus', '--encoder', encoder, '--layer', '2')).toMatch(/^2 .*--clusters/);
  expect(await failing('corpus', ...good, '--tolerance', '1')).toMatch(/^2 .*0 to below 1/);
  expect((await readdir(cwd)).sort()).toEqual(['corpus', 'empty']);
});
