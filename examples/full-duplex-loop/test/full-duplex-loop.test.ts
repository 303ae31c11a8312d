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

test('a tiny Moshi hears a recording and answers frame by frame, in text and sound', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'full-duplex-loop-'));
  try {
    const answer = async (pitchHz: number): Promise<readonly [string, Float32Array]> => {
      // Forty frames of 48 samples, and a part of one.
      const samples = Float32Array.from(
        { length: 1950 },
        (_, n) => 0.5 * Math.sin((2 * Math.PI * pitchHz * n) / 24_000),
      );
      await writeFile(join(folder, 'question.wav'), encodeWav({ sampleRateHz: 24_000, channels: [samples] }));
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          '--conditions=@speech-tokens/source',
          pathOf('../full-duplex-loop.ts'),
          ...['--checkpoint', golden('moshi'), '--codec-checkpoint', golden('mimi')],
        ],
        { cwd: folder, env: { ...process.env, SPEECH_TOKENS_OFFLINE: '1' } },
      );
      const [, text] = stdout.match(
        /^((?: \d+)+)\nanswer\.wav: 0\.08 s in 40 steps\nslowest step [\d.]+ ms, .* its 2 ms\n$/,
      )!;
      const { channels } = await readAudioClip(join(folder, 'answer.wav'));
      expect(channels[0]).toHaveLength(40 * 48);
      return [text!, channels[0]!];
    };
    const first = await answer(500);
    expect((await answer(3000))[1]).not.toEqual(first[1]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
