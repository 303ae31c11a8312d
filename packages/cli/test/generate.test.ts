import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeWav, readAudioClip } from '@speech-tokens/audio-files';
import { openTokenFileAt } from '@speech-tokens/core/node';
import { describe, expect, it } from 'vitest';
import { type Run, type RunOptions, run, stepsPlugin, talkerPlugin, temporaryFolder, toneWav } from './command-line.ts';

const plugins = ['--plugins', talkerPlugin, '--plugins', stepsPlugin];
const golden = (name: string): string =>
  fileURLToPath(new URL(`../../slm-runtime/test/golden/${name}`, import.meta.url));

async function generate(words: readonly string[], options: RunOptions): Promise<Run> {
  return run(['generate', ...words, ...plugins], options);
}

async function soundOf(path: string): Promise<Float32Array> {
  const { sampleRateHz, channels } = await readAudioClip(path);
  expect(sampleRateHz).toBe(8000);
  return channels[0]!;
}

describe('generate', () => {
  it('writes what a model says, the text it writes, and its tokens', async () => {
    const cwd = await temporaryFolder();
    const words = ['--model', 'talk:reader', '--text', 'hello.', '--temperature', '0', '--tokens-out', 'said.json'];
    const { code, stdout, stderr } = await generate(words, { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'generated.wav\nsaid.json\n' });
    expect(stderr).toMatch(/^hello\.$/m);
    expect(stderr).toMatch(/talk:reader: 0\.60 s, .*× real time, first sound after 0\.\d+ s/);
    const sound = await soundOf(join(cwd, 'generated.wav'));
    expect(sound).toHaveLength(6 * 800);
    // The first of three steps of 16 levels, by the letter.
    const level = (letter: string): number => -1 + ((letter.charCodeAt(0) % 16) + 0.5) / 8;
    for (const [i, letter] of [...'hello.'].entries()) expect(sound[800 * i + 400]).toBeCloseTo(level(letter), 0);
    const again = await run(['detokenize', 'said.json', '--out', 'again.wav', ...plugins], { cwd });
    expect(again.code).toBe(0);
    expect(await readFile(join(cwd, 'again.wav'))).toEqual(await readFile(join(cwd, 'generated.wav')));
  });

  it('chooses by seed, sampling and voice; windows of a model make the same sound', async () => {
    const cwd = await temporaryFolder();
    const said = async (...words: string[]): Promise<Buffer> => {
      const all = ['--model', 'talk:reader', '--text', 'so it goes', '--force', '--quiet', ...words];
      expect((await generate(all, { cwd })).code).toBe(0);
      return readFile(join(cwd, 'generated.wav'));
    };
    const usual = await said();
    expect(await said('--seed', '0')).toEqual(usual);
    expect(await said('--voice', 'low')).toEqual(usual);
    expect(await said('--model', 'talk:windowed')).toEqual(usual);
    for (const words of [
      ['--seed', '1'],
      ['--voice', 'high'],
      ['--top-k', '3'],
      ['--max-seconds', '0.5'],
      ['--float'],
    ]) {
      expect(await said(...words)).not.toEqual(usual);
    }
    await said('--max-seconds', '0.51');
    expect(await soundOf(join(cwd, 'generated.wav'))).toHaveLength(51 * 80);
  });

  it('goes on from a recording of any rate', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'voice.wav'), toneWav(0.5, 16_000, 2));
    const words = ['--model', 'talk:reader', '--text', 'a', '--prompt', 'voice.wav', '--prompt-text', 'Before.'];
    const { code, stderr } = await generate(words, { cwd });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(stderr).toMatch(/^Before\.$/m);
    const sound = await soundOf(join(cwd, 'generated.wav'));
    expect(sound).toHaveLength(4000 + 800);
    const tone = (await readAudioClip(join(cwd, 'voice.wav'), { format: { sampleRateHz: 8000, channelCount: 1 } }))
      .channels[0]!;
    for (let at = 200; at < 3800; at += 80) expect(sound[at + 40]).toBeCloseTo(tone[at + 40]!, 0);
  });

  it('goes on from a recording with what is bundled, without a download', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'voice.wav'), toneWav(0.5, 16_000, 1));
    const words = [
      'generate',
      '--prompt',
      'voice.wav',
      '--max-seconds',
      '0.4',
      '--tokens-out',
      'said.json',
      '--offline',
    ];
    const { code, stdout, stderr } = await run(words, { cwd });
    expect({ code, stdout, stderr: code === 0 ? '' : stderr }).toEqual({
      code: 0,
      stdout: 'generated.wav\nsaid.json\n',
      stderr: '',
    });
    const { sampleRateHz, channels } = await readAudioClip(join(cwd, 'generated.wav'));
    expect([sampleRateHz, channels[0]!.length]).toEqual([16_000, 6400]);
    const refused = await run(['generate', '--text', 'Hello', '--force'], { cwd });
    expect([refused.code, refused.stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining('does not take --text'),
    ]);
  });

  it('streams to standard output and into a file, with the samples of the whole', async () => {
    const cwd = await temporaryFolder();
    const words = ['--model', 'talk:reader', '--text', 'to be heard', '--quiet'];
    const { code, stdoutBytes } = await generate([...words, '--out', '-'], { cwd });
    expect(code).toBe(0);
    expect((await generate([...words, '--out', 'streamed.wav', '--stream'], { cwd })).stdout).toBe('streamed.wav\n');
    expect(await readFile(join(cwd, 'streamed.wav'))).toEqual(stdoutBytes);
    await generate(words, { cwd });
    const whole = await soundOf(join(cwd, 'generated.wav'));
    expect((await readAudioClip(new Uint8Array(stdoutBytes))).channels[0]).toEqual(whole);
    expect(await soundOf(join(cwd, 'streamed.wav'))).toEqual(whole);
  });

  it('never replaces a file without --force, and says so before a model is loaded', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'generated.wav'), 'mine');
    const words = ['--model', 'talk:none', '--text', 'a'];
    for (const more of [[], ['--stream']]) {
      const { code, stderr } = await generate([...words, ...more], { cwd });
      expect(code).toBe(1);
      expect(stderr).toMatch(/generated\.wav is there already/);
    }
    await writeFile(join(cwd, 'said.npy'), 'mine');
    const tokens = await generate([...words, '--out', 'new.wav', '--tokens-out', 'said.npy'], { cwd });
    expect(tokens.stderr).toMatch(/said\.npy is there already.*--tokens-out to write elsewhere/);
    expect(await readFile(join(cwd, 'generated.wav'), 'utf8')).toBe('mine');
  });

  it('stopped, leaves nothing and says what is dropped; with --stream what was heard stays', async () => {
    for (const words of [[], ['--stream']]) {
      const cwd = await temporaryFolder();
      const controller = new AbortController();
      const onStderr = (text: string): void => {
        if (text.includes('On and on.')) controller.abort();
      };
      const all = ['--model', 'talk:endless', ...words, '--tokens-out', 'said.json'];
      const { code, stderr } = await generate(all, { cwd, signal: controller.signal, onStderr });
      expect(code).toBe(130);
      const names = await readdir(cwd);
      if (words.length === 0) {
        expect(stderr).toMatch(/Stopped: \d.* s of sound are dropped/);
        expect(names).toEqual([]);
      } else {
        expect(stderr).toMatch(/Stopped: generated\.wav holds \d.* s of sound/);
        expect(names).toEqual(['generated.wav']);
        expect((await soundOf(join(cwd, 'generated.wav'))).length % 800).toBe(0);
      }
    }
  });

  it('a failure leaves nothing, with --stream too where nothing was said', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'voice.wav'), toneWav(0.5));
    const words = ['--model', 'talk:reader', '--text', 'a', '--prompt', 'voice.wav', '--prompt-text', 'bad'];
    for (const more of [[], ['--stream']]) {
      const { code, stderr } = await generate([...words, ...more], { cwd });
      expect(code).toBe(1);
      expect(stderr).toMatch(/the model broke/);
      expect(await readdir(cwd)).toEqual(['voice.wav']);
    }
  });

  it.each([
    [['--model', 'talk:reader'], /talk:reader needs --text: found no --text/],
    [
      ['--model', 'talk:reader', '--text', 'a', '--voice', 'zoe'],
      /has no such voice: found --voice zoe, wanted one of low, high/,
    ],
    [['--model', 'talk:reader', '--text', 'a', '--prompt-text', 'b'], /wanted --prompt too/],
    [['--model', 'talk:endless', '--text', 'a'], /talk:endless does not take --text/],
    [['--model', 'talk:endless', '--voice', 'a'], /has no voices to choose from/],
    [['--model', 'talk:echo'], /talk:echo cannot be asked to say something.*Use converse/],
    [['--model', 'talk:mute'], /talk:mute cannot be asked to say something.*from a program/],
    [['--model', 'talk:raeder', '--text', 'a'], /Perhaps talk:reader is meant/],
  ])('says what a model cannot do: %j', async (words, message) => {
    const cwd = await temporaryFolder();
    const { code, stderr } = await generate(words, { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(await readdir(cwd)).toEqual([]);
  });

  it('refuses a prompt without sound, and values out of range', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'empty.wav'), encodeWav({ sampleRateHz: 8000, channels: [new Float32Array()] }));
    const empty = await generate(['--model', 'talk:reader', '--text', 'a', '--prompt', 'empty.wav'], { cwd });
    expect(empty.stderr).toMatch(/nothing to go on from in empty\.wav/);
    for (const words of [
      ['--temperature', '-1'],
      ['--top-p', '0'],
      ['--top-k', '0'],
      ['--weight-bits', '5'],
      ['--out', '-', '--json'],
      ['--tokens-out', '-'],
      ['--tokens-out', 'generated.wav'],
      ['--prompt', 'generated.wav'],
    ]) {
      const { code } = await generate(['--model', 'talk:reader', '--text', 'a', ...words], { cwd });
      expect({ words, code }).toEqual({ words, code: 2 });
    }
  });

  it('--json holds the facts and the text with its places', async () => {
    const cwd = await temporaryFolder();
    const { stdout, stderr } = await generate(['--model', 'talk:reader', '--text', 'ab', '--json', '--quiet'], { cwd });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      command: 'generate',
      model: 'talk:reader',
      codec: 'steps:mean',
      tokenSpace: 'steps:mean#1',
      output: join(cwd, 'generated.wav'),
      seed: '0',
      sampleCount: 1600,
      text: 'ab',
      events: [
        { seconds: 0, text: 'a' },
        { seconds: 0.1, text: 'b' },
      ],
      firstSoundSeconds: expect.any(Number),
    });
  });

  it('speaks with CSM and Mimi from folders, offline, in the voice of a recording', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'voice.wav'), toneWav(0.02, 24_000));
    const folders = ['--checkpoint', golden('csm'), '--codec-checkpoint', golden('mimi'), '--offline'];
    const words = ['generate', '--model', 'slm:csm', ...folders, '--text', 'hi there.', '--max-seconds', '0.05'];
    const prompt = ['--prompt', 'voice.wav', '--prompt-text', 'ah.'];
    const sounds: Float32Array[] = [];
    for (const more of [[], prompt, [...prompt, '--weight-bits', '8']]) {
      const argv = [...words, ...more, '--force', '--tokens-out', 'said.safetensors'];
      const { code, stderr } = await run(argv, { cwd });
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      const { sampleRateHz, channels } = await readAudioClip(join(cwd, 'generated.wav'));
      expect({ sampleRateHz, length: channels[0]!.length }).toEqual({ sampleRateHz: 24_000, length: 1200 });
      sounds.push(channels[0]!);
      await using file = await openTokenFileAt(join(cwd, 'said.safetensors'));
      expect((await file.read()).tracks.map(({ ids }) => ids.length)).toEqual([25, 25, 25, 25]);
    }
    expect(sounds[1]).not.toEqual(sounds[0]);
    expect(sounds[2]).not.toEqual(sounds[1]);
    const bare = await run([...words, '--prompt', 'voice.wav', '--force'], { cwd });
    expect(bare.stderr).toMatch(/cannot follow the prompt: found no text of it/);
  });
});
