import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { convertClip, readAudioClip } from '@speech-tokens/audio-files';
import { createSpeechQualityMeter } from '@speech-tokens/measures';
import { describe, expect, it } from 'vitest';
import { run, stepsPlugin, temporaryFolder, toneWav } from './command-line.ts';

const plugins = ['--plugins', stepsPlugin];

async function folderWithTone(): Promise<string> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'tone.wav'), toneWav(2, 22_050, 2));
  return cwd;
}

describe('compare', () => {
  it('gives the figures of a decode written to a file, for each number of codebooks', async () => {
    const cwd = await folderWithTone();
    const argv = ['compare', 'tone.wav', '--tokenizer', 'steps:mean', ...plugins, '--codebooks', '1,3', '--json'];
    const { code, stdout } = await run(argv, { cwd });
    expect(code).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ schemaVersion: 1, command: 'compare', durationSeconds: 2, failures: [] });
    expect(document.variants).toHaveLength(2);
    await run(['tokenize', 'tone.wav', '--tokenizer', 'steps:mean', ...plugins], { cwd });
    for (const variant of document.variants) {
      const { codebookCount } = variant;
      const decode = [
        'detokenize',
        'tone.tokens.safetensors',
        '--float',
        '--force',
        '--codebooks',
        String(codebookCount),
      ];
      await run([...decode, ...plugins], { cwd });
      const mono = { sampleRateHz: 16_000, channelCount: 1 };
      const original = await convertClip(await readAudioClip(join(cwd, 'tone.wav')), mono);
      const decoded = await convertClip(await readAudioClip(join(cwd, 'tone.decoded.wav')), mono);
      const meter = createSpeechQualityMeter(16_000);
      meter.pushReference(original.channels[0]!);
      meter.pushEstimate(decoded.channels[0]!);
      const { sampleCount: _, ...quality } = meter.finish()!;
      expect(variant).toMatchObject({ tokenizer: 'steps:mean', nominalBitrateBps: 400 * codebookCount, ...quality });
      expect(variant.encodeTimesRealTime).toBeGreaterThan(0);
      expect(variant.decodeTimesRealTime).toBeGreaterThan(0);
    }
    expect(document.variants[1].siSdrDb).toBeGreaterThan(document.variants[0].siSdrDb);
  });

  it('prints a table, leaves out what cannot be measured and says so', async () => {
    const cwd = await folderWithTone();
    const argv = ['compare', 'tone.wav', ...plugins, '--codebooks', '3,8'];
    const many = [...argv, '--tokenizer', 'steps:mean', '--tokenizer', 'steps:whole', '--tokenizer', 'steps:none'];
    const { code, stdout, stderr } = await run(many, { cwd });
    expect(code).toBe(3);
    expect(stdout).toMatch(/tokenizer +codebooks +bitrate/);
    expect(stdout).toMatch(/^steps:mean +3 +1\.20 kbit\/s .* dB +\d\.\d{3} +.* dB .*×/m);
    // No detokenizer reads its tokens.
    expect(stdout).toMatch(/^steps:whole +3 +1\.20 kbit\/s .*– +– +– .*× +–$/m);
    expect(stderr).toMatch(/steps:mean is not measured with 8 codebooks: it has 3/);
    expect(stderr).toMatch(/error: .*steps:none/);
  });

  it('ends with 2 where the list of codebooks is none', async () => {
    const cwd = await folderWithTone();
    expect((await run(['compare', 'tone.wav', ...plugins, '--codebooks', '2,x'], { cwd })).code).toBe(2);
  });
});
