import {
  type AudioClip,
  type ModelCodec,
  type PcmChunk,
  type SpeechDetokenizerV1,
  sampleCountOf,
  type TokenGrid,
} from '@speech-tokens/core';
import { streamingOf } from '@speech-tokens/slm-runtime';

/** The sound of an answer, sample by sample beside what is heard. */
export interface AnswerSound {
  /** Samples that `begin` and grids have given so far, those included that are still to come out. */
  readonly endSample: number;
  /** Silence before the first grid, of so many samples of the token space. */
  begin(heardSamples: number): void;
  push(grid: TokenGrid): Promise<void>;
  /** What was heard ended after so many samples: there the answer ends too, and what lies beyond is left away. */
  endAt(heardSamples: number): void;
  /** What has not come out, and silence to the end of what was heard. */
  finish(heardSamples: number): Promise<void>;
  close(): Promise<void>;
}

/** @param write takes the sound in order */
export async function openAnswerSound(
  detokenizer: SpeechDetokenizerV1,
  { window }: ModelCodec,
  signal: AbortSignal,
  write: (clip: AudioClip) => Promise<void>,
): Promise<AnswerSound> {
  const { audioFormat, tokenSpace } = detokenizer;
  const { sampleRateHz, channelCount } = audioFormat;
  const session = await streamingOf(detokenizer, window).open();
  const atOutput = (samples: number): number => Math.round((samples * sampleRateHz) / tokenSpace.sampleRateHz);
  let written = 0;
  let given = 0;
  let wanted = Number.POSITIVE_INFINITY;

  const writeAll = async (chunks: Iterable<PcmChunk>): Promise<void> => {
    for (const chunk of chunks) {
      const length = Math.min(sampleCountOf(chunk), wanted - written);
      if (length > 0) await write({ sampleRateHz, channels: chunk.channels.map((one) => one.subarray(0, length)) });
      written += Math.max(0, length);
    }
  };
  const silence = async (endSample: number): Promise<void> => {
    while (written < endSample) {
      const length = Math.min(sampleRateHz, endSample - written);
      await write({ sampleRateHz, channels: Array.from({ length: channelCount }, () => new Float32Array(length)) });
      written += length;
    }
  };

  let silentSamples = 0;
  return {
    get endSample() {
      return Math.min(atOutput(given), wanted);
    },
    begin(heardSamples) {
      silentSamples = heardSamples;
      given = heardSamples;
    },
    async push(grid) {
      await silence(Math.min(atOutput(silentSamples), wanted));
      given += grid.sampleCount;
      await writeAll(await session.push(grid, { signal }));
    },
    endAt(heardSamples) {
      wanted = atOutput(heardSamples);
    },
    async finish(heardSamples) {
      wanted = atOutput(heardSamples);
      await writeAll(await session.flush({ signal }));
      await silence(wanted);
    },
    close: () => session.close(),
  };
}
