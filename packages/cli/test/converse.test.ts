import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeWav, readAudioClip } from '@speech-tokens/audio-files';
import { expect, it } from 'vitest';
import { type Run, type RunOptions, run, stepsPlugin, talkerPlugin, temporaryFolder, toneWav } from './command-line.ts';

const plugins = ['--plugins', talkerPlugin, '--plugins', stepsPlugin];

async function converse(words: readonly string[], options: RunOptions): Promise<Run> {
  return run(['converse', ...words, ...plugins], options);
}

async function samplesOf(path: string): Promise<Float32Array> {
  return (await readAudioClip(path)).channels[0]!;
}

/** A folder with a recording that ends within a frame of the codec. */
async function folderWithRecording(): Promise<string> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'tone.wav'), toneWav(1.234, 16_000));
  return cwd;
}

it('the answer lies beside the recording, sample by sample, silent until it begins', async () => {
  const cwd = await folderWithRecording();
  const { code, stdout, stderr } = await converse(['tone.wav', '--model', 'talk:echo', '--log', 'steps.jsonl'], {
    cwd,
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'tone.answer.wav\nsteps.jsonl\n' });
  expect(stderr).toMatch(/^step 0\.$\n^step 100\.$/m);
  expect(stderr).toMatch(/tone\.wav: 1\.23 s, 124 steps of \d/);
  await run(['tokenize', 'tone.wav', '--tokenizer', 'steps:mean', '--out', 'own.safetensors', ...plugins], { cwd });
  await run(['detokenize', 'own.safetensors', '--out', 'own.wav', ...plugins], { cwd });
  const [answer, own] = [await samplesOf(join(cwd, 'tone.answer.wav')), await samplesOf(join(cwd, 'own.wav'))];
  expect(answer).toHaveLength(9872);
  expect(own).toHaveLength(9872);
  // Two steps of 80 samples late.
  expect(answer.subarray(0, 160).every((value) => value === 0)).toBe(true);
  expect(answer.subarray(160)).toEqual(own.subarray(0, 9872 - 160));

  const events = (await readFile(join(cwd, 'steps.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events).toHaveLength(124);
  expect(events[0]).toEqual({ step: 0, seconds: 0, stepSeconds: expect.any(Number), text: 'step 0.' });
  expect(events[2]).toMatchObject({ step: 2, seconds: 0.02, answer: { startSample: 160, endSample: 240 } });
  expect(events[100]).toMatchObject({ text: 'step 100.', answer: { startSample: 8000, endSample: 8080 } });
  expect(events.map(({ step }) => step)).toEqual(events.map((_, step) => step));
});

it('hears silence after the recording for as long as --tail says', async () => {
  const cwd = await folderWithRecording();
  expect((await converse(['tone.wav', '--model', 'talk:echo', '--out', 'short.wav'], { cwd })).code).toBe(0);
  expect((await converse(['tone.wav', '--model', 'talk:echo', '--tail', '2.5'], { cwd })).code).toBe(0);
  const [short, long] = [await samplesOf(join(cwd, 'short.wav')), await samplesOf(join(cwd, 'tone.answer.wav'))];
  expect(long).toHaveLength(9872 + 20_000);
  expect(long.subarray(0, 9840)).toEqual(short.subarray(0, 9840));
  expect(Math.max(...long.subarray(10_200).map(Math.abs))).toBeLessThan(0.001);
});

it('streams, and gives --json', async () => {
  const cwd = await folderWithRecording();
  const words = ['tone.wav', '--model', 'talk:echo', '--quiet'];
  const { stdoutBytes } = await converse([...words, '--out', '-'], { cwd });
  const { stdout, stderr } = await converse([...words, '--json', '--stream'], { cwd });
  expect(stderr).toBe('');
  expect(await readFile(join(cwd, 'tone.answer.wav'))).toEqual(stdoutBytes);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({
    command: 'converse',
    model: 'talk:echo',
    codec: 'steps:mean',
    output: join(cwd, 'tone.answer.wav'),
    sampleCount: 9872,
    stepCount: 124,
    text: 'step 0.step 100.',
    medianStepSeconds: expect.any(Number),
  });
  expect(document).not.toHaveProperty('behindSeconds');
});

it('in real time it takes as long as the recording, and says how far behind it fell', async () => {
  const cwd = await folderWithRecording();
  const startMs = performance.now();
  const words = ['tone.wav', '--model', 'talk:echo', '--realtime', '--json', '--log', 'steps.jsonl'];
  const { code, stdout } = await converse(words, { cwd });
  expect(code).toBe(0);
  // Never less: a frame is not heard before it is over.
  expect(performance.now() - startMs).toBeGreaterThan(1230);
  const { behindSeconds, elapsedSeconds } = JSON.parse(stdout);
  expect(elapsedSeconds).toBeGreaterThan(1.23);
  expect(behindSeconds.most).toBeGreaterThanOrEqual(behindSeconds.atEnd);
  const [first] = (await readFile(join(cwd, 'steps.jsonl'), 'utf8'))
    .split('\n')
    .map((line) => line && JSON.parse(line));
  expect(first).toHaveProperty('behindSeconds');
});

it('stopped, the log stays, and sound only where it was streamed', async () => {
  for (const words of [[], ['--stream']]) {
    const cwd = await folderWithRecording();
    const controller = new AbortController();
    const onStderr = (text: string): void => {
      if (text.includes('step 100.')) controller.abort();
    };
    const all = ['tone.wav', '--model', 'talk:echo', '--realtime', '--tail', '30', '--log', 'steps.jsonl', ...words];
    const { code, stderr } = await converse(all, { cwd, signal: controller.signal, onStderr });
    expect(code).toBe(130);
    const isKept = words.length > 0;
    expect(stderr).toMatch(isKept ? /tone\.answer\.wav holds \d/ : /of sound are dropped/);
    expect(await readdir(cwd)).toEqual(
      [...(isKept ? ['steps.jsonl', 'tone.answer.wav'] : ['steps.jsonl']), 'tone.wav'].sort(),
    );
    for (const line of (await readFile(join(cwd, 'steps.jsonl'), 'utf8')).trim().split('\n')) JSON.parse(line);
  }
});

it('a recording that ends before the model speaks has an answer of silence', async () => {
  const cwd = await temporaryFolder();
  await writeFile(
    join(cwd, 'short.wav'),
    encodeWav({ sampleRateHz: 8000, channels: [new Float32Array(130).fill(0.5)] }),
  );
  expect((await converse(['short.wav', '--model', 'talk:echo'], { cwd })).code).toBe(0);
  expect(await samplesOf(join(cwd, 'short.answer.wav'))).toEqual(new Float32Array(130));
});

it('an empty recording has an empty answer', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'empty.wav'), encodeWav({ sampleRateHz: 8000, channels: [new Float32Array()] }));
  expect((await converse(['empty.wav', '--model', 'talk:echo'], { cwd })).code).toBe(0);
  expect(await samplesOf(join(cwd, 'empty.answer.wav'))).toHaveLength(0);
});

it('says of models that take turns that they cannot listen while they speak, and keeps files', async () => {
  const cwd = await folderWithRecording();
  const turns = await converse(['tone.wav', '--model', 'talk:reader'], { cwd });
  expect(turns.code).toBe(1);
  expect(turns.stderr).toMatch(/talk:reader cannot listen while it speaks.*Use generate/);
  expect((await converse(['tone.wav', '--model', 'talk:mute'], { cwd })).stderr).toMatch(/Use another model/);
  await writeFile(join(cwd, 'tone.answer.wav'), 'mine');
  await writeFile(join(cwd, 'steps.jsonl'), 'mine');
  expect((await converse(['tone.wav', '--model', 'talk:echo'], { cwd })).stderr).toMatch(/is there already/);
  const logged = await converse(['tone.wav', '--model', 'talk:echo', '--out', 'new.wav', '--log', 'steps.jsonl'], {
    cwd,
  });
  expect(logged.stderr).toMatch(/steps\.jsonl is there already.*--log to write elsewhere/);
  const same = await converse(['tone.wav', '--model', 'talk:echo', '--log', 'tone.wav', '--force'], { cwd });
  expect(same.code).toBe(2);
  expect(await readFile(join(cwd, 'steps.jsonl'), 'utf8')).toBe('mine');
});

it('converses with Moshi and Mimi from folders, offline', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'tone.wav'), toneWav(0.1, 24_000));
  const golden = (name: string): string =>
    fileURLToPath(new URL(`../../slm-runtime/test/golden/${name}`, import.meta.url));
  const folders = ['--checkpoint', golden('moshi'), '--codec-checkpoint', golden('mimi'), '--offline'];
  const words = ['converse', 'tone.wav', '--model', 'slm:moshi', ...folders, '--json', '--quiet', '--force'];
  const sounds: Float32Array[] = [];
  for (const more of [['--log', 'steps.jsonl'], [], ['--seed', '1']]) {
    const { code, stdout, stderr } = await run([...words, ...more], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      sampleRateHz: 24_000,
      sampleCount: 2400,
      stepCount: 50,
      text: expect.stringMatching(/^( \d+)+$/),
    });
    sounds.push(await samplesOf(join(cwd, 'tone.answer.wav')));
  }
  expect(sounds[1]).toEqual(sounds[0]);
  expect(sounds[2]).not.toEqual(sounds[0]);
  // It speaks from the first step on, frame beside frame.
  const [first] = (await readFile(join(cwd, 'steps.jsonl'), 'utf8')).split('\n');
  expect(JSON.parse(first!)).toMatchObject({ step: 0, answer: { startSample: 0, endSample: 48 } });
});
