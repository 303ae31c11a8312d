import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytePairsFromTokenizerJson, createBytePairCoder } from '@speech-tokens/core';
import { openTokenFileAt, readMergesFileAt } from '@speech-tokens/core/node';
import { describe, expect, it } from 'vitest';
import { run, stepsPlugin, temporaryFolder, toneWav } from './command-line.ts';

const plugins = ['--plugins', stepsPlugin];
const tokenFiles = ['a.tokens.safetensors', 'b.tokens.json'];

/** A folder with the tokens of two recordings: three codebooks of 16, 100 frames a second. */
async function folderWithTokens(): Promise<string> {
  const cwd = await temporaryFolder();
  for (const [name, seconds, format] of [
    ['a', 4.321, 'safetensors'],
    ['b', 2.5, 'json'],
  ] as const) {
    await writeFile(join(cwd, `${name}.wav`), toneWav(seconds, 8000));
    const argv = ['tokenize', `${name}.wav`, '--tokenizer', 'steps:mean', ...plugins, '--format', format, '--quiet'];
    expect((await run(argv, { cwd })).code).toBe(0);
  }
  return cwd;
}

async function tokensOf(path: string) {
  await using file = await openTokenFileAt(path);
  return await file.read();
}

/** Learns merges of the first codebook with its repeats merged. */
async function fitUnits(cwd: string, ...more: string[]) {
  const steps = ['--flatten', '--codebooks', '1', '--merge-repeats'];
  const argv = ['units', 'fit-bpe', ...tokenFiles, ...steps, '--vocabulary', '40', '--out', 'units.bpe.safetensors'];
  return run([...argv, ...more], { cwd });
}

describe('units fit-bpe', () => {
  it('learns merges, and says what they gain', async () => {
    const cwd = await folderWithTokens();
    const { code, stdout, stderr } = await fitUnits(cwd);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'units.bpe.safetensors\n' });
    expect(stderr).toMatch(/^24 tokens learnt of 2 recordings; the longest stands for \d+ units$/m);
    expect(stderr).toMatch(/^tokens → units: 6\.82 s, 2,049 → \d+ tokens, .* tokens\/s \(.* times fewer\), /m);
    expect(stderr).toMatch(
      /^units → byte pairs: 6\.82 s, \d+ → \d+ tokens, .* tokens\/s \(.* times fewer\), .*bit\/s$/m,
    );
    const { merges, tokenSpace, generator } = await readMergesFileAt(join(cwd, 'units.bpe.safetensors'));
    expect(merges).toMatchObject({ unitCount: 16 });
    expect(merges.pairs).toHaveLength(48);
    expect(tokenSpace?.id).toBe('steps:mean#1+flatten(0.0+0)+merge-repeats');
    expect(generator).toMatch(/^speech-tokens \d/);
  });

  it('prints one JSON document', async () => {
    const cwd = await folderWithTokens();
    const { code, stdout, stderr } = await fitUnits(cwd, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      schemaVersion: 1,
      command: 'units fit-bpe',
      output: join(cwd, 'units.bpe.safetensors'),
      format: 'merges',
      tokenSpace: 'steps:mean#1+flatten(0.0+0)+merge-repeats',
      unitCount: 16,
      vocabularySize: 40,
      mergeCount: 24,
      recordingCount: 2,
      before: { tokenCount: 2049, durationSeconds: 6.821 },
      warnings: [],
    });
    const { units, after, gain } = result;
    expect(gain).toBeCloseTo(units.tokenCount / after.tokenCount, 9);
    expect(gain).toBeGreaterThan(1.1);
    expect(after.tokenRateHz).toBeCloseTo(after.tokenCount / 6.821, 9);
    expect(after.nominalBitrateBps).toBeCloseTo((after.tokenCount * Math.log2(40)) / 6.821, 9);
    const { merges } = await readMergesFileAt(join(cwd, 'units.bpe.safetensors'));
    expect(createBytePairCoder(merges)).toMatchObject({ sha256: result.sha256 });
  });

  it('writes a tokenizer.json of the same merges', async () => {
    const cwd = await folderWithTokens();
    await fitUnits(cwd);
    const { merges } = await readMergesFileAt(join(cwd, 'units.bpe.safetensors'));
    expect((await fitUnits(cwd, '--out', 'tokenizer.json')).code).toBe(0);
    const text = await readFile(join(cwd, 'tokenizer.json'), 'utf8');
    expect(bytePairsFromTokenizerJson(text, { unitCount: 16 }).merges).toEqual(merges);
    expect((await fitUnits(cwd, '--out', 'astral.json', '--first-character', 'U+20000')).code).toBe(0);
    const astral = await readFile(join(cwd, 'astral.json'), 'utf8');
    expect(bytePairsFromTokenizerJson(astral, { unitCount: 16, firstCodePoint: 0x20000 }).merges).toEqual(merges);
  });

  it('warns where there is little to gain, or little to learn', async () => {
    const cwd = await folderWithTokens();
    const argv = ['units', 'fit-bpe', ...tokenFiles, '--flatten', '--vocabulary', '50', '--out', 'm.safetensors'];
    const rare = await run([...argv, '--min-frequency', '200', '--json'], { cwd });
    expect(JSON.parse(rare.stdout).warnings).toEqual([
      'The vocabulary has 48 ids and not 50: no other pair comes often enough',
      'Byte pairs make of these units only 1.00 times fewer tokens: the units as they are may serve as well',
    ]);
    expect(rare.stderr).toMatch(/^warning: The vocabulary has 48 ids/m);
    const short = await run([...argv, '--force', '--vocabulary', '400', '--max-units', '3', '--json'], { cwd });
    expect(JSON.parse(short.stdout)).toMatchObject({ longestTokenUnits: 3 });
  });

  it.each<[string, string[], number, RegExp]>([
    ['several codebooks', ['--vocabulary', '99', '--out', 'm.safetensors'], 1, /found 3 codebooks .*Add --flatten/],
    ['no vocabulary', ['--flatten', '--out', 'm.safetensors'], 2, /required option '--vocabulary <n>'/],
    ['no tokens to learn', ['--flatten', '--vocabulary', '48', '--out', 'm.safetensors'], 1, /found 48, wanted 49/],
    [
      'another ending',
      ['--flatten', '--vocabulary', '99', '--out', 'm.model'],
      2,
      /has to end in \.safetensors .* or \.json/,
    ],
    ['a strange character', ['--first-character', 'A', '--vocabulary', '99', '--out', 'm.json'], 2, /U\+4E00 or later/],
    [
      'merged repeats of three codebooks',
      ['--merge-repeats', '--vocabulary', '99', '--out', 'm.safetensors'],
      1,
      /found 3 codebooks \(steps:mean#1\+merge-repeats\)/,
    ],
    [
      'repeats of a flat stream',
      ['--flatten', '--merge-repeats', '--vocabulary', '99', '--out', 'm.json'],
      1,
      /without a clock/,
    ],
    [
      'characters that are none',
      ['--flatten', '--first-character', '0xD7FF', '--vocabulary', '99', '--out', 'm.json'],
      1,
      /reach the surrogates/,
    ],
  ])('refuses %s', async (_name, options, wantedCode, message) => {
    const cwd = await folderWithTokens();
    const before = await readdir(cwd);
    const { code, stdout, stderr } = await run(['units', 'fit-bpe', ...tokenFiles, ...options], { cwd });
    expect({ code, stdout }).toEqual({ code: wantedCode, stdout: '' });
    expect(stderr).toMatch(message);
    expect(await readdir(cwd)).toEqual(before);
  });

  it('refuses tokens of different tokenizers, and never replaces a file without --force', async () => {
    const cwd = await folderWithTokens();
    const text = await readFile(join(cwd, 'b.tokens.json'), 'utf8');
    await writeFile(join(cwd, 'b.tokens.json'), text.replace('steps:mean#1', 'elsewhere#7'));
    const mixed = await fitUnits(cwd);
    expect(mixed.code).toBe(1);
    expect(mixed.stderr).toMatch(/b\.tokens\.json is of another token space: found "elsewhere#7\+/);
    await writeFile(join(cwd, 'units.bpe.safetensors'), 'precious');
    const refused = await fitUnits(cwd);
    expect(refused.stderr).toMatch(/is there already/);
    expect(await readFile(join(cwd, 'units.bpe.safetensors'), 'utf8')).toBe('precious');
  });

  it('leaves nothing behind when it is aborted, and ends with 130', async () => {
    const cwd = await folderWithTokens();
    const controller = new AbortController();
    controller.abort(new Error('stop'));
    const argv = ['units', 'fit-bpe', ...tokenFiles, '--flatten', '--vocabulary', '99', '--out', 'm.safetensors'];
    expect((await run(argv, { cwd, signal: controller.signal })).code).toBe(130);
    expect(await readdir(cwd)).not.toContain('m.safetensors');
  });
});

describe('transform', () => {
  it('takes the steps that the merges know of, and gives the very file back', async () => {
    const cwd = await folderWithTokens();
    await fitUnits(cwd);
    const argv = ['transform', 'a.tokens.safetensors', '--codebooks', '1', '--bpe', 'units.bpe.safetensors'];
    const { code, stdout, stderr } = await run(argv, { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a.bpe.tokens.safetensors\n' });
    expect(stderr).toMatch(/^a\.tokens\.safetensors: 4\.32 s, 1,299 → \d+ tokens, .*times fewer\), .*bit\/s\n$/);
    const pairs = await tokensOf(join(cwd, 'a.bpe.tokens.safetensors'));
    expect(pairs.tokenSpace.id).toMatch(/^steps:mean#1\+flatten\(0\.0\+0\)\+merge-repeats\+byte-pair\([0-9a-f]{16}\)$/);
    expect(pairs.tokenSpace.durations).toBe('spans-of-runs');
    const undo = ['transform', 'a.bpe.tokens.safetensors', '--bpe', 'units.bpe.safetensors', '--undo'];
    const undone = await run(undo, { cwd });
    expect(undone).toMatchObject({ code: 0, stdout: 'a.restored.tokens.safetensors\n' });
    await using original = await openTokenFileAt(join(cwd, 'a.tokens.safetensors'));
    expect(await tokensOf(join(cwd, 'a.restored.tokens.safetensors'))).toEqual(
      await original.read({ codebookCount: 1 }),
    );
  });

  it('flattens all codebooks and undoes that, byte for byte', async () => {
    const cwd = await folderWithTokens();
    await run(['transform', 'a.tokens.safetensors', '--flatten', '-q'], { cwd });
    const flat = await tokensOf(join(cwd, 'a.flat.tokens.safetensors'));
    expect(flat.tokenSpace.codebooks).toEqual([{ name: 'flat', size: 48 }]);
    await run(['transform', 'a.flat.tokens.safetensors', '--undo', '-q'], { cwd });
    const restored = await readFile(join(cwd, 'a.restored.tokens.safetensors'));
    expect(restored.equals(await readFile(join(cwd, 'a.tokens.safetensors')))).toBe(true);
    const none = ['transform', 'a.tokens.safetensors', '--flatten', '--id-offsets', 'none', '--out', 'ids.npy', '-q'];
    expect((await run(none, { cwd })).code).toBe(0);
  });

  it('merges repeats of each codebook, in several files, into a folder', async () => {
    const cwd = await folderWithTokens();
    const argv = ['transform', ...tokenFiles, 'missing.json', '--merge-repeats', '--out', 'made', '--json'];
    const { code, stdout } = await run(argv, { cwd });
    expect(code).toBe(3);
    const { results, failures } = JSON.parse(stdout);
    expect(results).toMatchObject([
      {
        input: 'a.tokens.safetensors',
        format: 'safetensors',
        tokenSpaceBefore: 'steps:mean#1',
        before: { tokenCount: 1299 },
      },
      { input: 'b.tokens.json', tokenSpace: 'steps:mean#1+merge-repeats', durationSeconds: 2.5 },
    ]);
    expect(results[0].after.tokenCount).toBeLessThan(1299);
    expect(failures).toMatchObject([{ input: 'missing.json', error: { code: 'file-read' } }]);
    expect(await readdir(join(cwd, 'made'))).toEqual(['a.merged.tokens.safetensors', 'b.merged.tokens.safetensors']);
  });

  it('takes a tokenizer.json, says where its ids are others, and decodes what it gave', async () => {
    const cwd = await folderWithTokens();
    const fit = ['units', 'fit-bpe', ...tokenFiles, '--flatten', '--vocabulary', '90', '--out', 'tokenizer.json', '-q'];
    await run(fit, { cwd });
    const steps = ['--flatten', '--bpe', 'tokenizer.json'];
    const plain = await run(['transform', 'a.tokens.safetensors', ...steps], { cwd });
    expect(plain.stderr).not.toContain('warning');
    const file = JSON.parse(await readFile(join(cwd, 'tokenizer.json'), 'utf8'));
    for (const token of Object.keys(file.model.vocab)) file.model.vocab[token] += 2;
    await writeFile(join(cwd, 'shifted.json'), JSON.stringify(file));
    const shifted = await run(
      ['transform', 'a.tokens.safetensors', '--flatten', '--bpe', 'shifted.json', '--out', 'x.json'],
      {
        cwd,
      },
    );
    expect(shifted.stderr).toMatch(/^warning: a\.tokens\.safetensors: ids are numbered .* not as in shifted\.json$/m);
    const decode = ['detokenize', 'a.bpe.tokens.safetensors', ...plugins, '--out', 'pairs.wav', '-q'];
    expect((await run([...decode, '--bpe', 'tokenizer.json'], { cwd })).code).toBe(0);
    await run(['detokenize', 'a.tokens.safetensors', ...plugins, '--out', 'codes.wav', '-q'], { cwd });
    expect((await readFile(join(cwd, 'pairs.wav'))).equals(await readFile(join(cwd, 'codes.wav')))).toBe(true);
    const without = await run([...decode, '--out', 'other.wav'], { cwd });
    expect(without.code).toBe(1);
    expect(without.stderr).toMatch(/does not hold the merges .*Add --bpe/);
    file.model.dropout = 0.5;
    await writeFile(join(cwd, 'dropout.json'), JSON.stringify(file));
    const dropout = await run(
      ['transform', 'a.tokens.safetensors', '--flatten', '--bpe', 'dropout.json', '--out', 'y.json'],
      {
        cwd,
      },
    );
    expect(dropout.stderr).toMatch(/asks for dropout, which is not done here \(dropout\.json\): found 0\.5/);
  });

  it('keeps the source, takes empty recordings, and draws what it made', async () => {
    const cwd = await folderWithTokens();
    await writeFile(join(cwd, 'none.wav'), toneWav(0));
    await run(['tokenize', 'none.wav', '--tokenizer', 'steps:mean', ...plugins, '--format', 'json', '-q'], { cwd });
    await fitUnits(cwd);
    const argv = ['transform', 'a.tokens.safetensors', 'none.tokens.json', '--codebooks', '1'];
    expect((await run([...argv, '--bpe', 'units.bpe.safetensors', '-q'], { cwd })).code).toBe(0);
    await using file = await openTokenFileAt(join(cwd, 'a.bpe.tokens.safetensors'));
    expect(file.source.name).toBe('a.wav');
    expect((await tokensOf(join(cwd, 'none.bpe.tokens.safetensors'))).tracks[0]?.ids).toHaveLength(0);
    const shown = await run(['inspect', 'a.bpe.tokens.safetensors'], { cwd });
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/^byte-pair .*of 40/m);
  });

  it('warns where there is nothing to undo', async () => {
    const cwd = await folderWithTokens();
    const { code, stderr } = await run(['transform', 'a.tokens.safetensors', '--undo'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: a\.tokens\.safetensors: there is nothing to undo/m);
  });

  it.each<[string[], number, RegExp]>([
    [[], 2, /Say what to do with the tokens: --flatten, --merge-repeats, --bpe FILE or --undo/],
    [['--undo', '--flatten'], 2, /--undo undoes every step: leave --flatten out/],
    [['--undo', '--merge-repeats'], 2, /leave --merge-repeats out/],
    [['--undo', '--codebooks', '1'], 2, /leave --codebooks out/],
    [['--id-offsets', 'other', '--flatten'], 2, /Allowed choices are codebook, slot, none/],
    [['--codebooks', '4', '--merge-repeats'], 1, /found 4, wanted 1 to 3/],
    [['--bpe', 'a.tokens.safetensors'], 1, /not one of merges/],
    [['--flatten', '--bpe', 'a.wav'], 1, /not JSON \(a\.wav\)/],
    [['--bpe', 'missing'], 1, /missing cannot be read/],
  ])('refuses %j', async (options, wantedCode, message) => {
    const cwd = await folderWithTokens();
    const before = await readdir(cwd);
    const { code, stderr } = await run(['transform', 'a.tokens.safetensors', ...options], { cwd });
    expect(code).toBe(wantedCode);
    expect(stderr).toMatch(message);
    expect(await readdir(cwd)).toEqual(before);
  });

  it('refuses ids without a name, and sound', async () => {
    const cwd = await folderWithTokens();
    await run(['tokenize', 'a.wav', '--tokenizer', 'steps:mean', ...plugins, '--format', 'npy', '-q'], { cwd });
    const { code, stderr } = await run(['transform', 'a.tokens.npy', 'b.wav', '--flatten'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/a\.tokens\.npy is a \.npy file, which does not say whose tokens it holds/);
    expect(stderr).toMatch(/b\.wav is not a token file/);
  });
});
