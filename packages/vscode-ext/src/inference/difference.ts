import { convertStream } from '@speech-tokens/audio-files';
import { type AudioClip, sampleCountOf } from '@speech-tokens/core';
import { createPeakPyramid } from '@speech-tokens/token-view';
import type { Difference } from './methods.ts';
import type { OpenDocument } from './open-document.ts';
import { joinedChannels } from './streams.ts';

/** Shorter recordings have finer blocks, as their own waveform. */
const shortSeconds = 300;

/**
 * A recording minus a sound that was decoded from it, sample by sample at the recording's rate, over the part that both have;
 * in as many channels as both have.
 */
export async function differenceFrom(
  recording: NonNullable<OpenDocument['recording']>,
  decoded: AudioClip,
  signal: AbortSignal,
): Promise<Difference> {
  const { sampleRateHz } = recording;
  const channelCount = Math.min(recording.channelCount, decoded.channels.length);
  const wanted = { sampleRateHz, channelCount };
  const differences = await joinedChannels(
    convertStream([{ ...decoded, startSample: 0 }], wanted, { signal }),
    channelCount,
  );
  const sampleCount = differences[0]!.length;
  let [done, recordedPower, differencePower] = [0, 0, 0];
  for await (const chunk of convertStream(recording.read({ signal }), wanted, { signal })) {
    const count = Math.min(sampleCountOf(chunk), sampleCount - done);
    for (const [k, samples] of differences.entries()) {
      for (let i = 0; i < count; i++) {
        const recorded = chunk.channels[k]![i]!;
        const difference = recorded - samples[done + i]!;
        samples[done + i] = difference;
        recordedPower += recorded * recorded;
        differencePower += difference * difference;
      }
    }
    done += count;
    if (done === sampleCount) break;
  }
  const channels = differences.map((samples) => samples.slice(0, done));
  const peaks = createPeakPyramid(done <= shortSeconds * sampleRateHz ? 16 : 64);
  peaks.push(channels);
  const levelDb = 10 * Math.log10(differencePower / recordedPower);
  const sound = { title: 'difference', sampleRateHz, channels };
  return { sound, peaks: peaks.result(), levelDb: Number.isNaN(levelDb) ? Number.NEGATIVE_INFINITY : levelDb };
}
