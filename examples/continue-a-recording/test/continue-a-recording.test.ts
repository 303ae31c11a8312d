import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodeWav, readAudioClip } from '@speech-tokens/audio-files';
import { expect, test } from 'vitest';

const pathOf = (place: string): string => fileURLToPath(new URL(place, import.meta.url));
const golden = (name: string): string => pathOf(`../../../packages/slm-runtime/test/golden/${name}`);

test('says a text after a recording, with tiny models, and something else after another one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'continue-a-recording-'));
  try {
    const continued = async (pitchHz: number): Promise<Float32Array> => {
      const samples = Float32Array.from(
        { length: 960 },
        (_, n) => 0.5 * Math.sin((2 * Math.PI * pitchHz * n) / 24_000),
      );
      await writeFile(join(folder, 'recording.wav'), encodeWav({ sampleRateHz: 24_000, channels: [samples] }));
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          '--conditions=@speech-tokens/source',
          pathOf('../continue-a-recording.ts'),
          ...['recording.wav', '--model', 'slm:csm', '--says', 'a tone.', '--text', 'and so on.', '--seconds', '0.05'],
          ...['--checkpoint', golden('csm'), '--codec-checkpoint', golden('mimi')],
        ],
        { cwd: folder, env: { ...process.env, SPEECH_TOKENS_OFFLINE: '1' } },
      );
      expect(stdout).toBe('continued.wav: 0.05 s\n');
      const { sampleRateHz, channels } = await readAudioClip(join(folder, 'continued.wav'));
      expect({ sampleRateHz, length: channels[0]!.length }).toEqual({ sampleRateHz: 24_000, length: 1200 });
      return channels[0]!;
    };
    const first = await continued(500);
    expect(await continued(2000)).not.toEqual(first);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the bundled model goes on without a download', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'continue-a-recording-'));
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '--conditions=@speech-tokens/source',
        pathOf('../continue-a-recording.ts'),
        pathOf('../../audio/sense-and-sensibility.wav'),
        ...['--seconds', '0.2'],
      ],
      { cwd: folder, env: { ...process.env, SPEECH_TOKENS_OFFLINE: '1' } },
    );
    expect(stdout).toBe('continued.wav: 0.20 s\n');
    const { sampleRateHz, channels } = await readAudioClip(join(folder, 'continued.wav'));
    expect({ sampleRateHz, length: channels[0]!.length }).toEqual({ sampleRateHz: 16_000, length: 3200 });
  } finally {
    await rm(folder, { recursive: true });
  }
});
