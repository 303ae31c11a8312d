import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeWav, openAudioFile, resampleClip } from '@speech-tokens/audio-files';
import { gridFromJson, gridFromNpy, openTokenFile } from '@speech-tokens/core';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  createInferenceDocument,
  createInferenceProcess,
  type DocumentSource,
  type InferenceProcess,
} from './index.ts';

// The process itself, forked from its source, with the bundled codec.

const recordings = fileURLToPath(new URL('../../../../examples/audio', import.meta.url));
const goodbye = join(recordings, 'french-goodbye.wav');
const codec = 'rvq:speech-16khz';

const ends: string[] = [];
const inference: InferenceProcess = createInferenceProcess({
  script: fileURLToPath(new URL('./child.ts', import.meta.url)),
  execArgv: ['--conditions=@speech-tokens/source'],
  settings: { pluginDirectories: [], allowedPlugins: [] },
  onEnd: (reason) => ends.push(reason),
});
let lastId = 0;
const opened = (source: DocumentSource) => createInferenceDocument(inference, String(++lastId), async () => source);

afterAll(() => inference.kill('The tests are over'));

/** An empty folder that goes away with the test. */
async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'inference-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('a recording', () => {
  const document = opened({ path: goodbye });

  test('is opened by its content', async () => {
    const facts = await document.request('open', {});
    expect(facts).toMatchObject({ kind: 'recording', sampleRateHz: 16_000 });
    expect(facts.facts).toContain('mono');
    expect(facts.soundBytes).toBe(4 * facts.sampleCount);
  });

  test('gives pictures, with progress to the end', async () => {
    const { sampleCount } = await document.request('open', {});
    const done: number[] = [];
    const { peaks, spectrogram } = await document.request(
      'pictures',
      {},
      {
        onProgress: ({ doneSeconds }) => done.push(doneSeconds),
      },
    );
    expect(peaks!.sampleCount).toBe(sampleCount);
    expect(peaks!.levels[0]).toBeInstanceOf(Int16Array);
    expect(spectrogram.sampleCount).toBe(sampleCount);
    expect(done.at(-1)).toBe(sampleCount / 16_000);
  });

  test('gives the samples that are in the file', async () => {
    const { channels } = await document.request('sound', {});
    const file = await openAudioFile(goodbye);
    const [first] = await Array.fromAsync(file.read({ endSample: 1000 }));
    expect(channels[0]!.subarray(0, 1000)).toEqual(first!.channels[0]!.subarray(0, 1000));
    await file.close();
  });

  test('becomes tokens, figures of them, and sound that fewer codebooks change', async () => {
    const found = await document.request('tokenize', { tokenizer: codec });
    expect(found).toMatchObject({ title: codec, codebookCount: 8, prefixDecodable: true });
    expect(found.notDecodable).toBeUndefined();
    expect(found.lanes).toHaveLength(8);
    expect(found.statistics.rows).toHaveLength(8);
    const all = await document.request('decode', { tokenizer: codec, codebookCount: 8 });
    const one = await document.request('decode', { tokenizer: codec, codebookCount: 1 });
    expect(one.sound.channels[0]).toHaveLength(all.sound.channels[0]!.length);
    expect(one.sound.channels[0]).not.toEqual(all.sound.channels[0]);
    // Of the log-mel spectra: the bundled codec gives no waveform that could be compared.
    const distance = ({ figures }: typeof all): number => Number.parseFloat(figures[1]![1]);
    expect(distance(all)).toBeLessThan(distance(one));
  });

  test('gives the difference to what was decoded, sample by sample', async () => {
    const wanted = { tokenizer: codec, codebookCount: 8 };
    const { sound, difference } = await document.request('decode', { ...wanted, withDifference: true });
    const recorded = await document.request('sound', {});
    const [from, minus, equals] = [recorded, sound, difference!.sound].map(({ channels }) => channels[0]!);
    expect(equals!.length).toBe(Math.min(from!.length, minus!.length));
    expect(equals!.every((value, i) => value === Math.fround(from![i]! - minus![i]!))).toBe(true);
    const power = (samples: Float32Array): number => samples.reduce((sum, value) => sum + value * value, 0);
    expect(difference!.levelDb).toBeCloseTo(10 * Math.log10(power(equals!) / power(from!)), 4);
    expect(difference!.peaks.sampleCount).toBe(equals!.length);
    expect((await document.request('decode', wanted)).difference).toBeUndefined();
  });

  test('of another rate, and in stereo, gives a difference at its own rate, in the channels that both have', async () => {
    const seconds = 0.5;
    const channel = (hz: number) =>
      Float32Array.from({ length: 44_100 * seconds }, (_, n) => 0.3 * Math.sin((2 * Math.PI * hz * n) / 44_100));
    const [left, right] = [channel(300), channel(500)];
    const bytes = encodeWav({ sampleRateHz: 44_100, channels: [left, right] }, 'float32');
    const stereo = opened({ name: 'stereo.wav', bytes });
    await stereo.request('open', {});
    const wanted = { tokenizer: codec, codebookCount: 8, withDifference: true };
    const { sound, difference } = await stereo.request('decode', wanted);
    expect(difference!.sound).toMatchObject({ sampleRateHz: 44_100 });
    expect(difference!.sound.channels).toHaveLength(1);
    const decoded = await resampleClip(sound, 44_100);
    const count = difference!.sound.channels[0]!.length;
    expect(count).toBe(Math.min(left.length, decoded.channels[0]!.length));
    const isRight = (value: number, n: number): boolean =>
      Math.abs(value - ((left[n]! + right[n]!) / 2 - decoded.channels[0]![n]!)) < 1e-6;
    expect(difference!.sound.channels[0]!.every(isRight)).toBe(true);
  });

  test('a selection is exported in whole frames, in every format', async () => {
    const range = { tokenizer: codec, startSample: 1000, endSample: 4000 };
    const bytes = (format: 'json' | 'csv' | 'npy' | 'safetensors') =>
      document.request('exportTokens', { ...range, format });
    const text = async (format: 'json' | 'csv'): Promise<string> => new TextDecoder().decode(await bytes(format));
    const grid = gridFromJson(await text('json'));
    expect([grid.startSample, grid.sampleCount]).toEqual([960, 3200]);
    const { lanes } = await document.request('tokenize', { tokenizer: codec });
    expect(grid.tracks.map(({ ids }) => [...ids])).toEqual(lanes.map(({ ids }) => [...ids.subarray(3, 13)]));
    const rows = (await text('csv')).split('\r\n');
    expect(rows).toHaveLength(1 + 8 * 10 + 1);
    expect(rows[1]).toBe(`codebook-0,0.06,0.08,${lanes[0]!.ids[3]}`);
    const npy = gridFromNpy(await bytes('npy'), { tokenSpace: grid.tokenSpace, sampleCount: 3200 });
    expect(npy.tracks).toEqual(grid.tracks);
    const { bytesSource } = await import('@speech-tokens/core');
    const file = await openTokenFile(bytesSource(await bytes('safetensors')));
    expect(await file.read()).toEqual(grid);
  });

  test('cancelling ends a run, and the next one starts over', async () => {
    const other = opened({ path: join(recordings, 'sense-and-sensibility.wav') });
    await other.request('open', {});
    const controller = new AbortController();
    const reason = new Error('enough');
    const request = other.request(
      'tokenize',
      { tokenizer: codec },
      {
        signal: controller.signal,
        onProgress: ({ doneSeconds }) => doneSeconds > 0 && controller.abort(reason),
      },
    );
    await expect(request).rejects.toBe(reason);
    expect((await other.request('tokenize', { tokenizer: codec })).lanes).toHaveLength(8);
    other.close();
  });

  test('what a cancelled run has made is decoded and exported, until all of it is there', async () => {
    const other = opened({ path: join(recordings, 'sense-and-sensibility.wav') });
    const { sampleCount } = await other.request('open', {});
    expect(await other.request('partialTokens', { tokenizer: codec })).toBeNull();
    const controller = new AbortController();
    const request = other.request(
      'tokenize',
      { tokenizer: codec },
      { signal: controller.signal, onProgress: ({ part }) => part && controller.abort(new Error('enough')) },
    );
    await expect(request).rejects.toThrow('enough');
    const first = (await other.request('partialTokens', { tokenizer: codec }))!;
    const { endSample } = first;
    expect(endSample).toBeGreaterThan(0);
    expect(endSample).toBeLessThan(sampleCount);
    expect(first.about).toContain(`partial: the first ${Math.floor(endSample! / 16_000)} s`);
    const { sound } = await other.request('decode', { tokenizer: codec, codebookCount: 8 });
    expect(sound.channels[0]).toHaveLength(endSample!);
    expect(await other.request('decodedFormat', { tokenizer: codec })).toMatchObject({ sampleCount: endSample });
    const bytes = await other.request('exportTokens', {
      tokenizer: codec,
      format: 'json',
      startSample: 0,
      endSample: endSample!,
    });
    expect(gridFromJson(new TextDecoder().decode(bytes)).sampleCount).toBe(endSample);
    // Making them goes on to the end, and then these are all there is.
    const all = await other.request('tokenize', { tokenizer: codec });
    expect(all.endSample).toBeUndefined();
    const ids = (lanes: typeof all.lanes) => lanes.map((lane) => [...lane.ids]);
    const count = first.lanes[0]!.ids.length;
    expect(ids(first.lanes)).toEqual(ids(all.lanes).map((lane) => lane.slice(0, count)));
    expect(await other.request('decodedFormat', { tokenizer: codec })).toMatchObject({ sampleCount });
    other.close();
  });
});

describe('other documents', () => {
  test('bytes of a virtual workspace are opened like a file', async () => {
    const bytes = new Uint8Array(await readFile(goodbye));
    const document = opened({ name: 'goodbye.wav', bytes });
    expect(await document.request('open', {})).toEqual(await opened({ path: goodbye }).request('open', {}));
  });

  test('a token file shows its tokens without a model, and decodes with one', async () => {
    const recording = opened({ path: goodbye });
    const { sampleCount } = await recording.request('open', {});
    const whole = { tokenizer: codec, startSample: 0, endSample: sampleCount, format: 'safetensors' } as const;
    const path = join(await scratchFolder(), 'a.tokens.safetensors');
    await writeFile(path, await recording.request('exportTokens', whole));
    const tokens = opened({ path });
    expect(await tokens.request('open', {})).toMatchObject({ kind: 'tokens', sampleCount });
    const found = await tokens.request('tokenize', { tokenizer: null });
    const made = await recording.request('tokenize', { tokenizer: codec });
    expect(found.lanes).toEqual(made.lanes);
    const fromFile = await tokens.request('decode', { tokenizer: null, codebookCount: 8 });
    const fromRecording = await recording.request('decode', { tokenizer: codec, codebookCount: 8 });
    expect(fromFile.sound.channels).toEqual(fromRecording.sound.channels);
    expect(fromFile.figures).toEqual([]);
    const rest = { tokenizer: codec, startSample: 16_000, endSample: sampleCount, format: 'safetensors' } as const;
    const part = opened({ name: 'part', bytes: await recording.request('exportTokens', rest) });
    const { sound } = await part.request('decode', { tokenizer: null, codebookCount: 8 });
    expect(sound.channels[0]!.length).toBe(sampleCount);
    expect(sound.channels[0]!.subarray(0, 16_000).every((value) => value === 0)).toBe(true);
    expect(sound.channels[0]!.subarray(16_000, 17_000).some((value) => value !== 0)).toBe(true);
    await expect(tokens.request('pictures', {})).rejects.toThrow('no recording');
  });

  test('a broken file says what is wrong with it, and is looked at anew when it is mended', async () => {
    const path = join(await scratchFolder(), 'broken.wav');
    await writeFile(path, 'no sound in here');
    const document = opened({ path });
    for (const method of ['open', 'pictures'] as const) {
      await expect(document.request(method, {})).rejects.toMatchObject({ code: 'audio-decode' });
    }
    await writeFile(path, encodeWav({ sampleRateHz: 8000, channels: [new Float32Array(80)] }));
    expect(await document.request('open', {})).toMatchObject({ sampleCount: 80 });
  });

  test('a file that is not there', async () => {
    await expect(opened({ path: join(recordings, 'nothing.wav') }).request('open', {})).rejects.toMatchObject({
      code: 'file-read',
    });
  });
});

describe('tokenizers', () => {
  test('the bundled one is ready', async () => {
    const { tokenizers: list } = await inference.request('tokenizers', null);
    expect(list.find(({ id }) => id === codec)).toMatchObject({ isBundled: true, model: { state: 'bundled' } });
    expect(list.every(({ isBundled }) => isBundled)).toBe(true);
  });

  test('one of the workspace is listed without its code, and runs only where it is allowed', async () => {
    const folder = await scratchFolder();
    const { mkdir } = await import('node:fs/promises');
    const plugin = join(folder, 'node_modules/tone-codec');
    await mkdir(plugin, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ dependencies: { 'tone-codec': '1' } }));
    const provides = [{ kind: 'tokenizer', id: 'tone:a', title: 'A tone' }];
    const manifest = { name: 'tone-codec', version: '1.2.3', type: 'module', exports: './index.js' };
    await writeFile(
      join(plugin, 'package.json'),
      JSON.stringify({ ...manifest, speechTokens: { specificationVersion: 'v1', provides } }),
    );
    await writeFile(join(plugin, 'index.js'), 'throw new Error("its code runs");');
    const document = opened({ path: goodbye });
    inference.configure({ pluginDirectories: [folder], allowedPlugins: ['tone-codec@1.2.2'] });
    const { tokenizers } = await inference.request('tokenizers', null);
    const listed = tokenizers.find(({ id }) => id === 'tone:a');
    expect(listed).toEqual({
      id: 'tone:a',
      title: 'A tone',
      packageName: 'tone-codec',
      version: '1.2.3',
      isBundled: false,
    });
    const run = () => document.request('tokenize', { tokenizer: 'tone:a' });
    await expect(run()).rejects.toMatchObject({ code: 'plugin-not-allowed' });
    inference.configure({ pluginDirectories: [folder], allowedPlugins: ['tone-codec@1.2.3'] });
    await expect(run()).rejects.toThrow('its code runs');
    inference.configure({ pluginDirectories: [], allowedPlugins: [] });
  });
});

describe('when the process ends', () => {
  test('what waits is rejected, and the next request goes on in another process', async () => {
    const document = opened({ path: join(recordings, 'sense-and-sensibility.wav') });
    await document.request('open', {});
    const [first, pid] = [inference.running(), inference.pid!];
    const killed = document.request(
      'tokenize',
      { tokenizer: codec },
      {
        onProgress: ({ doneSeconds }) => doneSeconds > 0 && process.kill(pid, 'SIGKILL'),
      },
    );
    await expect(killed).rejects.toMatchObject({
      code: 'connection-closed',
      message: 'The inference process ended (signal SIGKILL)',
    });
    expect(ends).toEqual(['The inference process ended (signal SIGKILL)']);
    expect(inference.pid).toBeUndefined();
    expect((await document.request('tokenize', { tokenizer: codec })).lanes).toHaveLength(8);
    expect(inference.running()).toBe(first + 1);
  });

  test('killing it on purpose rejects with the reason', async () => {
    const request = inference.request('tokenizers', null);
    inference.kill('Restarted');
    await expect(request).rejects.toMatchObject({ message: 'Restarted' });
    expect((await inference.request('tokenizers', null)).tokenizers.length).toBeGreaterThan(0);
  });

  test('in the background, everything else goes first', async () => {
    const behind = createInferenceProcess({
      script: fileURLToPath(new URL('./child.ts', import.meta.url)),
      execArgv: ['--conditions=@speech-tokens/source'],
      settings: { pluginDirectories: [], allowedPlugins: [] },
      isInBackground: true,
    });
    await behind.request('tokenizers', null);
    await inference.request('tokenizers', null);
    // A larger number is served later.
    expect(getPriority(behind.pid!)).toBeGreaterThan(getPriority(inference.pid!));
    behind.kill('The test is over');
  });

  test('a script that cannot be run says so', async () => {
    const output: string[] = [];
    const broken = createInferenceProcess({
      script: fileURLToPath(new URL('./no-such-script.js', import.meta.url)),
      settings: { pluginDirectories: [], allowedPlugins: [] },
      onOutput: (text) => output.push(text),
    });
    await expect(broken.request('tokenizers', null)).rejects.toMatchObject({
      message: 'The inference process ended (exit code 1)',
    });
    expect(output.join('')).toContain('no-such-script');
  });
});
