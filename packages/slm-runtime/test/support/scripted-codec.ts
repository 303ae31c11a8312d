import type {
  PcmChunk,
  SpeechDetokenizerV1,
  SpeechTokenizerV1,
  StreamSession,
  TokenGrid,
  TokenSpace,
} from '@speech-tokens/core';
import { createStreamSession, joinGrids, sampleCountOf } from '@speech-tokens/core';

/** Ten samples a frame, 100 frames a second. */
export const scriptedSpace: TokenSpace = {
  id: 'test:scripted',
  sampleRateHz: 1000,
  codebooks: [{ name: 'codes', size: 1 << 20, hopSamples: 10 }],
  prefixDecodable: true,
};

export interface ScriptedCodec {
  readonly tokenizer: SpeechTokenizerV1;
  readonly detokenizer: SpeechDetokenizerV1;
  /** Sessions that are open. */
  readonly open: { count: number };
}

const format = { sampleRateHz: 1000, channelCount: 1 };
const frame = (startSample: number, code: number, sampleCount = 10): TokenGrid => ({
  tokenSpace: scriptedSpace,
  startSample,
  sampleCount,
  tracks: [{ ids: Uint32Array.of(code) }],
});

/** A grid of frames with these codes. */
export function framesOf(codes: readonly number[], startSample = 0): TokenGrid {
  return joinGrids(codes.map((code, k) => frame(startSample + 10 * k, code)));
}

/**
 * A codec of whole numbers: a code is the sum of its samples, and sound is a frame of what came up to it, so that order
 * matters. Its detokenizer holds each frame back until the next: the last one comes with `flush`.
 */
export function scriptedCodec(): ScriptedCodec {
  const open = { count: 0 };
  const counted = <In, Out>(session: StreamSession<In, Out>): StreamSession<In, Out> => {
    open.count += 1;
    let isOpen = true;
    return {
      ...session,
      async close() {
        if (isOpen) open.count -= 1;
        isOpen = false;
        await session.close();
      },
    };
  };
  const settings = { writtenBy: 'scripted', formatVersion: 1, isClosed: () => false };

  const ears = () => {
    let rest: number[] = [];
    let at = 0;
    return createStreamSession<PcmChunk, TokenGrid>(
      {
        accept: (chunk) => ({ ...chunk, channels: chunk.channels.map((samples) => samples.slice()) }),
        async push({ channels }) {
          rest.push(...channels[0]!);
          const grids: TokenGrid[] = [];
          while (rest.length >= 10) {
            grids.push(
              frame(
                at,
                rest.splice(0, 10).reduce((sum, value) => sum + value, 0),
              ),
            );
            at += 10;
          }
          return grids;
        },
        async flush() {
          return rest.length === 0
            ? []
            : [
                frame(
                  at,
                  rest.reduce((sum, value) => sum + value, 0),
                  rest.length,
                ),
              ];
        },
        reset() {},
        save: () => ({ rest: [...rest], at }),
        restore(data) {
          ({ rest, at } = structuredClone(data) as { rest: number[]; at: number });
          return true;
        },
      },
      settings,
    );
  };

  const mouth = () => {
    let held: TokenGrid | undefined;
    let sum = 0;
    const sound = (): PcmChunk[] => {
      if (held === undefined) return [];
      return [...held.tracks[0]!.ids].map((code, k) => {
        sum += code;
        return {
          sampleRateHz: 1000,
          startSample: held!.startSample + 10 * k,
          channels: [new Float32Array(10).fill(sum)],
        };
      });
    };
    return createStreamSession<TokenGrid, PcmChunk>(
      {
        accept: (grid) => grid,
        async push(grid) {
          const chunks = sound();
          held = grid;
          return chunks;
        },
        flush: async () => sound(),
        reset() {},
        save: () => ({ held: held === undefined ? null : [...held.tracks[0]!.ids], at: held?.startSample ?? 0, sum }),
        restore(data) {
          const saved = data as { held: number[] | null; at: number; sum: number };
          held = saved.held === null ? undefined : framesOf(saved.held, saved.at);
          sum = saved.sum;
          return true;
        },
      },
      settings,
    );
  };

  const parts = {
    specificationVersion: 'v1',
    tokenSpace: scriptedSpace,
    audioFormat: format,
    async close() {},
  } as const;
  return {
    open,
    tokenizer: {
      ...parts,
      tokenize: () => Promise.reject(new Error('not used')),
      streaming: { latencySamples: 10, open: async () => counted(ears()) },
    },
    detokenizer: {
      ...parts,
      detokenize: () => Promise.reject(new Error('not used')),
      streaming: { latencySamples: 20, open: async () => counted(mouth()) },
    },
  };
}

/** Mono sound at the rate of the scripted codec. */
export function soundOf(samples: readonly number[]): { sampleRateHz: number; channels: Float32Array[] } {
  return { sampleRateHz: 1000, channels: [Float32Array.from(samples)] };
}

/** The samples of chunks that follow each other, from where the first starts. */
export function samplesOf(chunks: readonly PcmChunk[]): number[] {
  let at = chunks[0]?.startSample ?? 0;
  return chunks.flatMap((chunk) => {
    if (chunk.startSample !== at)
      throw new Error(`A chunk starts at ${chunk.startSample}, the one before ended at ${at}`);
    at += sampleCountOf(chunk);
    return [...chunk.channels[0]!];
  });
}
