import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, stepsPlugin, temporaryFolder, toneWav } from './command-line.ts';

const steps = ['--tokenizer', 'steps:mean', '--plugins', stepsPlugin];

async function folderWithTone(durationSeconds = 2): Promise<string> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'tone.wav'), toneWav(durationSeconds));
  return cwd;
}

describe('inspect', () => {
  it('draws waveform and lanes in plain characters where there are no colours, no wider than asked', async () => {
    const cwd = await folderWithTone();
    const { code, stdout } = await run(['inspect', 'tone.wav', ...steps], { cwd, env: { COLUMNS: '90' } });
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001b');
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('tone.wav  2.00 s · 16 kHz · mono · 16-bit integer wav');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(90);
    expect(lines.filter((line) => /[\u2800-\u28ff]/.test(line))).toHaveLength(5);
    expect(lines.filter((line) => /^step-[012] [0-9a-zA-Z]{82}$/.test(line))).toHaveLength(3);
    expect(stdout).toMatch(/steps:mean {2}3 × 16 at 100 frames\/s · 1\.20 kbit\/s/);
    expect(stdout).toMatch(/╵0\.0 s .*╵1\.5 s/);
    expect(stdout).toMatch(/^step-0 .*of 16 .*of 4 bit.*400 bit\/s/m);
  });

  it('draws in the colours of the terminal, as wide as it is', async () => {
    const cwd = await folderWithTone();
    for (const [depth, sequence] of [
      ['3', '48;2;'],
      ['2', '48;5;'],
    ] as const) {
      const { stdout } = await run(['inspect', 'tone.wav', ...steps], {
        cwd,
        terminalColumns: 70,
        env: { FORCE_COLOR: depth },
      });
      expect(stdout).toContain(sequence);
      const widths = stdout.split('\n').map((line) => stripVTControlCharacters(line).length);
      expect(Math.max(...widths)).toBeLessThanOrEqual(70);
    }
    const plain = await run(['inspect', 'tone.wav', ...steps], { cwd, terminalColumns: 70, env: { NO_COLOR: '1' } });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour sequences are what is looked for
    expect(plain.stdout).not.toMatch(/\u001b\[[34]8/);
  });

  it('writes ids on tokens that are wide enough', async () => {
    const cwd = await folderWithTone();
    const argv = ['inspect', 'tone.wav', ...steps, '--start', '0.5', '--end', '0.6', '--codebooks', '1'];
    const { stdout } = await run(argv, { cwd, env: { COLUMNS: '88' } });
    const tokens = await run(['tokenize', 'tone.wav', ...steps, '--out', '-', '--format', 'json', '-q'], { cwd });
    const { tracks } = JSON.parse(tokens.stdout) as { tracks: { ids: number[] }[] };
    const lane = stdout.split('\n').find((line) => line.startsWith('step-0 '))!;
    expect(lane.slice(7).match(/\d+/g)!.map(Number)).toEqual(tracks[0]!.ids.slice(50, 60));
    expect(stdout).toMatch(/figures of the whole recording/);
  });

  it('draws several tokenizers under each other', async () => {
    const cwd = await folderWithTone();
    const { stdout } = await run(['inspect', 'tone.wav', ...steps, '--tokenizer', 'steps:whole'], { cwd });
    expect(stdout).toMatch(/steps:mean {2}3 × 16[\s\S]*steps:whole {2}3 × 16/);
  });

  it('shows a token file without any model, with what it was made from', async () => {
    const cwd = await folderWithTone();
    await run(['tokenize', 'tone.wav', ...steps], { cwd });
    const { code, stdout } = await run(['inspect', 'tone.tokens.safetensors'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^tone\.tokens\.safetensors {2}2\.00 s · tokens · of tone\.wav · SHA-256 [0-9a-f]{12}…/);
    expect(stdout).toMatch(/^step-2 /m);
  });

  it('gives the same figures for a recording and for its tokens, as JSON', async () => {
    const cwd = await folderWithTone();
    await run(['tokenize', 'tone.wav', ...steps], { cwd });
    const [ofAudio, ofTokens] = await Promise.all(
      [
        ['inspect', 'tone.wav', ...steps, '--json'],
        ['inspect', 'tone.tokens.safetensors', '--json'],
      ].map(async (argv) => JSON.parse((await run(argv, { cwd })).stdout)),
    );
    expect(ofAudio).toMatchObject({
      schemaVersion: 1,
      command: 'inspect',
      durationSeconds: 2,
      audio: { format: 'wav', sampleRateHz: 16_000, channelCount: 1, sampleCount: 32_000 },
      tokens: [{ tokenizer: 'steps:mean', tokenCount: 600, nominalBitrateBps: 1200 }],
    });
    expect(ofAudio.audio.peak).toBeGreaterThan(0.4);
    expect(ofTokens).toMatchObject({ tokenFile: { format: 'safetensors', sourceName: 'tone.wav' } });
    expect(ofTokens.tokens[0].codebooks).toEqual(ofAudio.tokens[0].codebooks);
  });

  it('cannot be steered by names in a file', async () => {
    const cwd = await folderWithTone(0.5);
    const { stdout } = await run(['tokenize', 'tone.wav', ...steps, '--out', '-', '--format', 'json', '-q'], { cwd });
    await writeFile(join(cwd, 'evil.json'), stdout.replaceAll('step-0', 'a\\u001b[31mred\\u0007'));
    const shown = await run(['inspect', 'evil.json'], { cwd });
    expect(shown.code).toBe(0);
    expect(shown.stdout).not.toContain('\u001b');
    expect(shown.stdout).not.toContain('\u0007');
  });

  it('shows an empty recording, and refuses windows that are none', async () => {
    const cwd = await folderWithTone(0);
    expect((await run(['inspect', 'tone.wav', ...steps], { cwd })).code).toBe(0);
    await writeFile(join(cwd, 'tone.wav'), toneWav(1));
    for (const window of [
      ['--start', '2'],
      ['--start', '0.5', '--end', '0.5'],
      ['--end', 'soon'],
    ]) {
      expect((await run(['inspect', 'tone.wav', ...steps, ...window], { cwd })).code).toBe(2);
    }
  });
});

describe('inspect --report', () => {
  // Tests run from sources, where the script of the page may not have been built.
  beforeAll(async () => {
    const view = fileURLToPath(new URL('../../token-view/', import.meta.url));
    const argv = [join(view, 'build-page-script.mjs'), join(view, 'dist/page-script.js')];
    await promisify(execFile)(process.execPath, argv);
  });

  const dataOf = (page: string) => JSON.parse(/id="data">([^<]*)</.exec(page)![1]!);

  it('writes a page with pictures, tokens and sound', async () => {
    const cwd = await folderWithTone();
    const { code, stdout, stderr } = await run(['inspect', 'tone.wav', ...steps, '--report', 'tone.html'], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^tone\.html \(.*\): open it in a browser/m);
    const page = await readFile(join(cwd, 'tone.html'), 'utf8');
    expect(page).toContain('2.00 s · 16 kHz · mono · 16-bit integer wav');
    expect(page).toContain('SI-SDR');
    const data = dataOf(page);
    expect(data.sampleCount).toBe(32_000);
    expect(data.peaks.levels.length).toBeGreaterThan(1);
    expect(data.groups).toMatchObject([{ title: 'steps:mean', lanes: [{}, {}, {}] }]);
    expect(data.sounds.map(({ title }: { title: string }) => title)).toEqual(['recording', 'steps:mean']);
  });

  it('of a token file: its lanes, and their sound where a detokenizer is at hand', async () => {
    const cwd = await folderWithTone();
    await run(['tokenize', 'tone.wav', ...steps, '--codebooks', '2'], { cwd });
    const argv = ['inspect', 'tone.tokens.safetensors', '--report', 'tokens.html'];
    expect((await run([...argv, '--plugins', stepsPlugin], { cwd })).code).toBe(0);
    const withSound = dataOf(await readFile(join(cwd, 'tokens.html'), 'utf8'));
    expect(withSound.groups[0].lanes).toHaveLength(2);
    expect(withSound.sounds).toHaveLength(1);
    expect((await run([...argv, '--force', '-q'], { cwd })).code).toBe(0);
    expect(dataOf(await readFile(join(cwd, 'tokens.html'), 'utf8')).sounds).toEqual([]);
  });

  it('replaces nothing unasked, and refuses what does not go together', async () => {
    const cwd = await folderWithTone();
    await writeFile(join(cwd, 'kept.html'), 'mine');
    const refused = await run(['inspect', 'tone.wav', ...steps, '--report', 'kept.html'], { cwd });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('--force to replace it, or --report to write elsewhere');
    expect(await readFile(join(cwd, 'kept.html'), 'utf8')).toBe('mine');
    for (const extra of [['--json'], ['--start', '1'], ['--end', '1']]) {
      const argv = ['inspect', 'tone.wav', ...steps, '--report', 'new.html', ...extra];
      const { code, stderr } = await run(argv, { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain('--report');
    }
  });

  it('of bundled units: pictures, the recording, and what the vocoder makes of them', async () => {
    const cwd = await folderWithTone();
    const argv = ['inspect', 'tone.wav', '--tokenizer', 'ssl:units-50hz-k100', '--report', 'units.html', '-q'];
    expect((await run(argv, { cwd })).code).toBe(0);
    const { groups, sounds } = dataOf(await readFile(join(cwd, 'units.html'), 'utf8'));
    expect(groups[0].lanes).toHaveLength(1);
    expect(sounds).toHaveLength(2);
  });
});
