import { type AudioClip, type PcmChunk, type SpeechDetokenizerV1, sampleCountOf } from '@speech-tokens/core';

/** The sound of an answer, sample by sample beside what is heard. */
export interface AnswerSound {
  /** Samples that `begin` and `give` have announced so far: those of the sound that is still to come too. */
  readonly endSample: number;
  /** Silence before the first of it, of so many samples of the token space. */
  begin(heardSamples: number): void;
  /** Tokens of so many samples of the token space have been said. */
  give(sampleCount: number): void;
  /** Sound of the answer, in order. */
  push(chunk: PcmChunk): Promise<void>;
  /** What was heard ended after so many samples: there the answer ends too, and what lies beyond is left away. */
  endAt(heardSamples: number): void;
  /** Silence to the end of what was heard. */
  finish(heardSamples: number): Promise<void>;
}

/** @param write takes the sound in order */
export function createAnswerSound(
  { audioFormat, tokenSpace }: SpeechDetokenizerV1,
  write: (clip: AudioClip) => Promise<void>,
): AnswerSound {
  const { sampleRateHz, channelCount } = audioFormat;
  const atOutput = (samples: number): number => Math.round((samples * sampleRateHz) / tokenSpace.sampleRateHz);
  let written = 0;
  let silent = 0;
  let given = 0;
  let wanted = Number.POSITIVE_INFINITY;

  const silence = async (endSample: number): Promise<void> => {
    while (written < endSample) {
      const length = Math.min(sampleRateHz, endSample - written);
      await write({ sampleRateHz, channels: Array.from({ length: channelCount }, () => new Float32Array(length)) });
      written += length;
    }
  };

  return {
    get endSample() {
      return Math.min(atOutput(given), wanted);
    },
    begin(heardSamples) {
      silent = heardSamples;
      given = heardSamples;
    },
    give(sampleCount) {
      given += sampleCount;
    },
    async push(chunk) {
      await silence(Math.min(atOutput(silent), wanted));
      const length = Math.min(sampleCountOf(chunk), wanted - written);
      if (length <= 0) return;
      await write({ sampleRateHz, channels: chunk.channels.map((one) => one.subarray(0, length)) });
      written += length;
    },
    endAt(heardSamples) {
      wanted = atOutput(heardSamples);
    },
    async finish(heardSamples) {
      wanted = atOutput(heardSamples);
      await silence(wanted);
    },
  };
}
