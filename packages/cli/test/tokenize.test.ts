import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTokenFileAt } from '@speech-tokens/core/node';
import { describe, expect, it } from 'vitest';
import { run, slowPlugin, stepsPlugin, temporaryFolder, toneWav } from './command-line.ts';

const steps = ['--tokenizer', 'steps:mean', '--plugins', stepsPlugin];

async function folderWith(files: { readonly [name: string]: Uint8Array }): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  return folder;
}

describe('tokenize', () => {
  it('writes a token file beside the recording, with space, counts, name and hash of the source', async () => {
    const wav = toneWav(1.234, 44_100, 2);
    const cwd = await folderWith({ 'tone.wav': wav });
    const { code, stdout, stderr } = await run(['tokenize', 'tone.wav', ...steps], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'tone.tokens.safetensors\n' });
    expect(stderr).toMatch(/^tone\.wav: 1\.23 s, 3 × 124 tokens, .*× real time\n$/);
    await using file = await openTokenFileAt(join(cwd, 'tone.tokens.safetensors'));
    expect(file.tokenSpace.id).toBe('steps:mean#1');
    expect(file.sampleCount).toBe(Math.round(1.234 * 8000));
    expect(file.source).toEqual({ name: 'tone.wav', sha256: createHash('sha256').update(wav).digest('hex') });
    expect(file.generator).toMatch(/^speech-tokens \d/);
    expect(await readdir(cwd)).toEqual(['tone.tokens.safetensors', 'tone.wav']);
  });

  it('gives the same tokens through a tokenizer that does not stream', async () => {
    const cwd = await folderWith({ 'tone.wav': toneWav(0.7) });
    await run(['tokenize', 'tone.wav', '--tokenizer', 'steps:whole', '--plugins', stepsPlugin, '--out', 'whole.npy'], {
      cwd,
    });
    await run(['tokenize', 'tone.wav', ...steps, '--out', 'stream.npy'], { cwd });
    expect(await readFile(join(cwd, 'whole.npy'))).toEqual(await readFile(join(cwd, 'stream.npy')));
  });

  it('fills as many codebooks as asked for, and refuses more than there are', async () => {
    const cwd = await folderWith({ 'tone.wav': toneWav(0.5) });
    expect((await run(['tokenize', 'tone.wav', ...steps, '--codebooks', '2'], { cwd })).code).toBe(0);
    await using file = await openTokenFileAt(join(cwd, 'tone.tokens.safetensors'));
    expect(file.codebookCount).toBe(2);
    const tooMany = await run(['tokenize', 'tone.wav', ...steps, '--codebooks', '4', '--force'], { cwd });
    expect(tooMany.code).toBe(1);
    expect(tooMany.stderr).toMatch(/found --codebooks 4, wanted 1 to 3/);
  });

  it('never replaces a file without --force', async () => {
    const cwd = await folderWith({ 'tone.wav': toneWav(0.5), 'tone.tokens.safetensors': Buffer.from('precious') });
    const refused = await run(['tokenize', 'tone.wav', ...steps], { cwd });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/is there already: found a file of 8 bytes.*--force/);
    expect(await readFile(join(cwd, 'tone.tokens.safetensors'), 'utf8')).toBe('precious');
    expect((await run(['tokenize', 'tone.wav', ...steps, '--force'], { cwd })).code).toBe(0);
    expect((await readFile(join(cwd, 'tone.tokens.safetensors'))).length).toBeGreaterThan(100);
  });

  it('works through several files, past one that fails, and says which', async () => {
    const cwd = await folderWith({ 'a.wav': toneWav(0.3), 'b.wav': Buffer.from('no sound'), 'c.wav': toneWav(0.4) });
    const argv = ['tokenize', 'a.wav', 'b.wav', 'c.wav', 'missing.wav', ...steps, '--out', 'made/here'];
    const { code, stdout, stderr } = await run([...argv, '--jobs', '3'], { cwd });
    expect(code).toBe(3);
    expect(stdout).toBe('made/here/a.tokens.safetensors\nmade/here/c.tokens.safetensors\n');
    expect(stderr).toMatch(/error: .*b\.wav/);
    expect(stderr).toMatch(/error: missing\.wav cannot be read: found no such file/);
    expect(stderr).toMatch(/2 of 4 files failed/);
    expect(await readdir(join(cwd, 'made/here'))).toEqual(['a.tokens.safetensors', 'c.tokens.safetensors']);
  });

  it('takes a folder, keeps the folders in it, and goes on where it was stopped', async () => {
    const cwd = await temporaryFolder();
    await mkdir(join(cwd, 'set/x/y'), { recursive: true });
    for (const path of ['set/a.wav', 'set/x/b.wav', 'set/x/y/a.wav']) await writeFile(join(cwd, path), toneWav(0.3));
    await writeFile(join(cwd, 'set/x/words.txt'), 'no sound');
    const argv = ['tokenize', 'set', ...steps, '--out', 'made'];
    const written = ['made/a', 'made/x/b', 'made/x/y/a'].map((path) => `${path}.tokens.safetensors`);
    expect((await run(argv, { cwd })).stdout.trim().split('\n')).toEqual(written);

    const twice = await run(argv, { cwd });
    expect({ code: twice.code, stderr: twice.stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/3 of 3 files failed/),
    });
    await rm(join(cwd, written[1]!));
    const goneOn = await run([...argv, '--skip-existing'], { cwd });
    expect(goneOn).toMatchObject({
      code: 0,
      stdout: `${written[1]}\n`,
      stderr: expect.stringMatching(/2 of 3 files left out/),
    });
    const done = await run([...argv, '--skip-existing', '--json'], { cwd });
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      results: [],
      failures: [],
      skipped: written.map((path) => ({ output: join(cwd, path) })),
    });
    expect((await run([...argv, '--skip-existing', '--force'], { cwd })).code).toBe(2);
    const back = await run(['detokenize', 'made', '--plugins', stepsPlugin, '--out', 'heard'], { cwd });
    expect(back.stdout.trim().split('\n')).toEqual([
      'heard/a.decoded.wav',
      'heard/x/b.decoded.wav',
      'heard/x/y/a.decoded.wav',
    ]);
  });

  it('prints one JSON document with results and failures', async () => {
    const cwd = await folderWith({ 'a.wav': toneWav(0.5) });
    const { code, stdout } = await run(['tokenize', 'a.wav', 'missing.wav', ...steps, '--json', '--quiet'], { cwd });
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      command: 'tokenize',
      results: [
        {
          input: 'a.wav',
          output: join(cwd, 'a.tokens.safetensors'),
          tokenizer: 'steps:mean',
          tokenSpace: 'steps:mean#1',
          sampleRateHz: 8000,
          sampleCount: 4000,
          durationSeconds: 0.5,
          codebookCount: 3,
          tokenCount: 150,
        },
      ],
      failures: [{ input: 'missing.wav', error: { code: 'file-read' } }],
    });
  });

  it('reads standard input and writes to standard output', async () => {
    const wav = toneWav(0.5);
    const cwd = await folderWith({ 'tone.wav': wav });
    await run(['tokenize', 'tone.wav', ...steps, '--out', 'tone.json'], { cwd });
    const piped = await run(['tokenize', '-', ...steps, '--format', 'json', '--quiet'], { cwd, stdin: wav });
    expect(piped).toMatchObject({ code: 0, stderr: '' });
    expect(piped.stdout).toBe(await readFile(join(cwd, 'tone.json'), 'utf8'));
    expect(JSON.parse(piped.stdout)).toMatchObject({ format: 'speech-tokens', sampleCount: 4000 });
  });

  it('makes an empty token file of an empty recording', async () => {
    const cwd = await folderWith({ 'none.wav': toneWav(0) });
    for (const format of ['safetensors', 'json', 'npy']) {
      expect((await run(['tokenize', 'none.wav', ...steps, '--format', format], { cwd })).code).toBe(0);
    }
    await using file = await openTokenFileAt(join(cwd, 'none.tokens.safetensors'));
    expect(file).toMatchObject({ sampleCount: 0, codebookCount: 3 });
  });

  it('suggests ids, commands and options that may have been meant', async () => {
    const cwd = await folderWith({ 'tone.wav': toneWav(0.1) });
    const wrongId = await run(['tokenize', 'tone.wav', '--tokenizer', 'steps:maen', '--plugins', stepsPlugin], { cwd });
    expect(wrongId.code).toBe(1);
    expect(wrongId.stderr).toMatch(/steps:mean/);
    const wrongCommand = await run(['tokenise', 'tone.wav'], { cwd });
    expect(wrongCommand.code).toBe(2);
    expect(wrongCommand.stderr).toMatch(/Did you mean tokenize\?/);
    const wrongOption = await run(['tokenize', 'tone.wav', '--codebook', '2'], { cwd });
    expect(wrongOption.code).toBe(2);
    expect(wrongOption.stderr).toMatch(/Did you mean --codebooks\?/);
  });

  it.each([
    [['tokenize'], /missing required argument 'files'/],
    [['tokenize', 'a.wav', '--codebooks', '0'], /integer of 1 or more/],
    [['tokenize', 'a.wav', '--format', 'mp3'], /Allowed choices are safetensors, json, npy/],
    [['tokenize', 'a.wav', '--format', 'json', '--out', 'a.npy'], /ends in \.npy, but --format says json/],
    [['tokenize', 'a.wav', 'b.wav', '--out', '-'], /several files cannot share standard output/],
    [['tokenize', 'x/a.wav', 'y/a.wav', '--out', 'z/'], /would both be written/],
    [['tokenize', 'a.wav', '--out', './a.wav'], /is an input and would be overwritten/],
    [['tokenize', '-', '--json'], /cannot share standard output/],
    [['tokenize', '-', '-'], /only once/],
  ])('ends with 2 where the command line is wrong: %j', async (argv, message) => {
    const cwd = await temporaryFolder();
    const { code, stdout, stderr } = await run(argv, { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('cannot be steered by file names', async () => {
    const { code, stderr } = await run(['tokenize', 'a\u001b[31m.wav', ...steps], { cwd: await temporaryFolder() });
    expect(code).toBe(1);
    expect(stderr).toContain('a\\u001b[31m.wav cannot be read');
  });

  it('does not put bytes on a terminal', async () => {
    const cwd = await folderWith({ 'tone.wav': toneWav(0.1) });
    const { code, stdout } = await run(['tokenize', 'tone.wav', ...steps, '--out', '-'], { cwd, terminalColumns: 80 });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('leaves nothing behind when it is aborted, and ends with 130', async () => {
    const cwd = await folderWith({ 'tone.wav': toneWav(60) });
    await mkdir(join(cwd, 'out'));
    const controller = new AbortController();
    const argv = ['tokenize', 'tone.wav', '--tokenizer', 'steps:slow', '--plugins', slowPlugin, '--out', 'out'];
    setTimeout(() => controller.abort(new Error('stop')), 300);
    const { code, stdout, stderr } = await run(argv, { cwd, signal: controller.signal });
    expect({ code, stdout, stderr }).toEqual({ code: 130, stdout: '', stderr: '' });
    expect(await readdir(join(cwd, 'out'))).toEqual([]);
  });

  it('shows progress on a terminal only, and not with --quiet', async () => {
    const cwd = await folderWith({ 'tone.wav': toneWav(3) });
    const argv = ['tokenize', 'tone.wav', '--tokenizer', 'steps:slow', '--plugins', slowPlugin, '--force'];
    const shown = await run(argv, { cwd, terminalColumns: 100, env: { TERM: 'xterm-256color' } });
    expect(shown.stderr).toMatch(/%.*× real time.*left/);
    expect(shown.stderr).toContain('\u001b[2K');
    const quiet = await run([...argv, '--quiet'], { cwd, terminalColumns: 100 });
    expect(quiet.stderr).toBe('');
    expect((await run(argv, { cwd })).stderr).not.toContain('\u001b');
  });
});
