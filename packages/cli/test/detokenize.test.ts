import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAudioClip } from '@speech-tokens/audio-files';
import ssl from '@speech-tokens/codec-ssl';
import { findComponent, mergeRepeats, type TokenGrid } from '@speech-tokens/core';
import { openTokenFileAt, writeTokenFile } from '@speech-tokens/core/node';
import { describe, expect, it } from 'vitest';
import { run, stepsPlugin, temporaryFolder, toneWav } from './command-line.ts';

const plugins = ['--plugins', stepsPlugin];

/** A folder with a recording and its tokens in the three formats. */
async function folderWithTokens(): Promise<string> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'tone.wav'), toneWav(12.345, 8000));
  for (const format of ['safetensors', 'json', 'npy']) {
    const argv = ['tokenize', 'tone.wav', '--tokenizer', 'steps:mean', ...plugins, '--format', format, '--quiet'];
    expect((await run(argv, { cwd })).code).toBe(0);
  }
  return cwd;
}

describe('detokenize', () => {
  it('finds the detokenizer by the token space and gives exactly the samples of the recording', async () => {
    const cwd = await folderWithTokens();
    const { code, stdout, stderr } = await run(['detokenize', 'tone.tokens.safetensors', ...plugins], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'tone.decoded.wav\n' });
    expect(stderr).toMatch(/tone\.tokens\.safetensors: 12\.3 s at 8 kHz/);
    const [original, decoded] = await Promise.all([
      readAudioClip(join(cwd, 'tone.wav')),
      readAudioClip(join(cwd, 'tone.decoded.wav')),
    ]);
    expect(decoded.sampleRateHz).toBe(8000);
    expect(decoded.channels[0]).toHaveLength(original.channels[0]!.length);
    // A mean of 10 ms cannot follow the tone exactly; three steps of 16 follow the mean closely.
    const mean = (samples: Float32Array, at: number): number =>
      samples.subarray(at, at + 80).reduce((sum, value) => sum + value, 0) / 80;
    for (let at = 0; at < 98_000; at += 80) {
      expect(mean(decoded.channels[0]!, at)).toBeCloseTo(mean(original.channels[0]!, at), 2);
    }
  });

  it('gives the same sound from .safetensors, .json and .npy; .npy needs to be told whose tokens it holds', async () => {
    const cwd = await folderWithTokens();
    const named = ['--tokenizer', 'steps:mean', ...plugins, '--quiet'];
    for (const format of ['safetensors', 'json', 'npy']) {
      const argv = ['detokenize', `tone.tokens.${format}`, '--out', `${format}.wav`, ...named];
      expect((await run(argv, { cwd })).code).toBe(0);
    }
    const wav = await readFile(join(cwd, 'safetensors.wav'));
    expect((await readFile(join(cwd, 'json.wav'))).equals(wav)).toBe(true);
    // The array spans whole frames: it ends with the last one, not with the recording.
    const fromArray = (await readAudioClip(join(cwd, 'npy.wav'))).channels[0]!;
    expect(fromArray).toHaveLength(98_800);
    expect(fromArray.subarray(0, 98_760)).toEqual((await readAudioClip(join(cwd, 'safetensors.wav'))).channels[0]);
    const unnamed = await run(['detokenize', 'tone.tokens.npy', ...plugins], { cwd });
    expect(unnamed.code).toBe(1);
    expect(unnamed.stderr).toMatch(/does not say whose tokens.*--tokenizer/);
  });

  it('decodes the first codebooks only where asked to', async () => {
    const cwd = await folderWithTokens();
    const argv = ['detokenize', 'tone.tokens.safetensors', '--codebooks', '1', '--float', ...plugins];
    expect((await run(argv, { cwd })).code).toBe(0);
    const { channels } = await readAudioClip(join(cwd, 'tone.decoded.wav'));
    expect(new Set(channels[0]).size).toBeLessThanOrEqual(16);
    const tooMany = await run([...argv, '--force', '--codebooks', '9'], { cwd });
    expect(tooMany).toMatchObject({ code: 1 });
    expect(tooMany.stderr).toMatch(/found --codebooks 9, wanted 1 to 3/);
  });

  it('gives --speaker and --language to the detokenizer, digits as a number', async () => {
    const cwd = await folderWithTokens();
    const soundOf = async (...argv: string[]): Promise<Float32Array> => {
      const all = ['detokenize', 'tone.tokens.safetensors', '--float', '--force', ...plugins, ...argv];
      expect((await run(all, { cwd })).code).toBe(0);
      return (await readAudioClip(join(cwd, 'tone.decoded.wav'))).channels[0]!;
    };
    const plain = await soundOf();
    expect(await soundOf('--speaker', 'near')).toEqual(plain);
    expect(await soundOf('--speaker', '4')).toEqual(plain.map((sample) => sample / 4));
    const both = await soundOf('--speaker', '2', '--language', 'down');
    expect(both).toEqual(plain.map((sample) => -sample / 2));
  });

  it('says so where the detokenizer has no voices to choose from', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'tone.wav'), toneWav(0.5, 16_000));
    expect((await run(['tokenize', 'tone.wav', '--quiet'], { cwd })).code).toBe(0);
    const { code, stderr } = await run(['detokenize', 'tone.tokens.safetensors', '--speaker', 'june'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/takes no conditioning.*found speaker/s);
    expect(await readdir(cwd)).not.toContain('tone.decoded.wav');
  });

  it('speaks units with a vocoder of tools/train, in the voice that is asked for', async () => {
    const cwd = await temporaryFolder();
    const listed = findComponent(ssl, 'detokenizer', 'ssl:units-50hz-k100').tokenSpace;
    const tokenSpace = { ...listed, id: 'ssl:units-50hz-k100#tiny' };
    const vocoder = fileURLToPath(new URL('../../codec-ssl/test/golden/unit-vocoder', import.meta.url));
    const ids = Uint32Array.from({ length: 60 }, (_, frame) => (frame * 7) % 100);
    const grid = { tokenSpace, startSample: 0, sampleCount: 60 * 320 + 240, tracks: [{ ids }] };
    await writeTokenFile(join(cwd, 'units.tokens.safetensors'), [grid], { tokenSpace });
    const soundOf = async (...argv: string[]): Promise<Float32Array> => {
      const all = ['detokenize', 'units.tokens.safetensors', '--checkpoint', vocoder, '--force', ...argv];
      const { code, stderr } = await run(all, { cwd });
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      return (await readAudioClip(join(cwd, 'units.decoded.wav'))).channels[0]!;
    };
    const usual = await soundOf();
    expect(usual).toHaveLength(60 * 320 + 240);
    expect(usual.some((sample) => Math.abs(sample) > 0.01)).toBe(true);
    expect(await soundOf('--speaker', 'ada')).toEqual(usual);
    expect(await soundOf('--speaker', 'eve')).not.toEqual(usual);
    const argv = ['detokenize', 'units.tokens.safetensors', '--checkpoint', vocoder, '--force', '--speaker', 'zoe'];
    const unknown = await run(argv, { cwd });
    expect(unknown.stderr).toMatch(/found "zoe", wanted a number from 0 to 2, or one of "ada", "bob", "eve"/);
  });

  it('speaks bundled units offline, in each of the bundled voices', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'tone.wav'), toneWav(1, 16_000));
    const units = [
      'tokenize',
      'tone.wav',
      '--tokenizer',
      'ssl:units-50hz-k100',
      '--out',
      'units.tokens.safetensors',
      '-q',
    ];
    expect((await run(units, { cwd })).code).toBe(0);
    const sounds: Float32Array[] = [];
    for (const voice of [[], ['--speaker', 'carlo']]) {
      const argv = ['detokenize', 'units.tokens.safetensors', '--force', ...voice];
      const { code, stderr } = await run(argv, { cwd });
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      sounds.push((await readAudioClip(join(cwd, 'units.decoded.wav'))).channels[0]!);
    }
    expect(sounds.map(({ length }) => length)).toEqual([16_000, 16_000]);
    expect(sounds[0]).not.toEqual(sounds[1]);
  });

  it('undoes merged repeats', async () => {
    const cwd = await folderWithTokens();
    await using file = await openTokenFileAt(join(cwd, 'tone.tokens.safetensors'));
    const merged: TokenGrid = mergeRepeats.apply(await file.read());
    await writeTokenFile(join(cwd, 'merged.safetensors'), [merged], { tokenSpace: merged.tokenSpace });
    for (const name of ['tone.tokens', 'merged']) {
      const argv = ['detokenize', `${name}.safetensors`, '--out', `${name}.wav`, ...plugins];
      expect((await run(argv, { cwd })).code).toBe(0);
    }
    expect(await readFile(join(cwd, 'merged.wav'))).toEqual(await readFile(join(cwd, 'tone.tokens.wav')));
  });

  it('pipes: tokens in, sound out', async () => {
    const cwd = await folderWithTokens();
    const stdin = await readFile(join(cwd, 'tone.tokens.safetensors'));
    const { code, stdoutBytes } = await run(['detokenize', '-', '--out', '-', ...plugins, '--quiet'], { cwd, stdin });
    expect(code).toBe(0);
    const piped = await readAudioClip(new Uint8Array(stdoutBytes));
    await run(['detokenize', 'tone.tokens.safetensors', ...plugins], { cwd });
    expect(piped.channels).toEqual((await readAudioClip(join(cwd, 'tone.decoded.wav'))).channels);
  });

  it('says what is installed where nothing reads the tokens', async () => {
    const cwd = await folderWithTokens();
    const text = await readFile(join(cwd, 'tone.tokens.json'), 'utf8');
    await writeFile(join(cwd, 'other.json'), text.replace('steps:mean#1', 'elsewhere:codec#7'));
    const { code, stderr } = await run(['detokenize', 'other.json', ...plugins], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/No detokenizer that is installed reads tokens of elsewhere:codec#7/);
    expect(stderr).toMatch(/steps:mean \(steps:mean#1\)/);
    expect(stderr).toMatch(/--checkpoint DIR/);
    const forced = await run(['detokenize', 'other.json', '--tokenizer', 'steps:mean', ...plugins], { cwd });
    expect(forced.stderr).toMatch(/tokens of elsewhere:codec#7, wanted steps:mean#1/);
  });

  it('refuses what are no tokens, and leaves nothing behind', async () => {
    const cwd = await folderWithTokens();
    const before = await readdir(cwd);
    const bytes = await readFile(join(cwd, 'tone.tokens.safetensors'));
    await writeFile(join(cwd, 'short.safetensors'), bytes.subarray(0, bytes.length - 50));
    await writeFile(join(cwd, 'odd.json'), '{"format": "something"}');
    const argv = ['detokenize', 'tone.wav', 'short.safetensors', 'odd.json', ...plugins, '--json'];
    const { code, stdout, stderr } = await run(argv, { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/tone\.wav is not a token file/);
    const { failures } = JSON.parse(stdout) as { failures: { error: { code: string } }[] };
    expect(failures.map(({ error }) => error.code)).toEqual(Array(3).fill('token-file-invalid'));
    expect((await readdir(cwd)).filter((name) => !before.includes(name))).toEqual(['odd.json', 'short.safetensors']);
  });
});
