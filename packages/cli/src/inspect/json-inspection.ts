import type { CodebookStatistics } from '@speech-tokens/measures';
import type { Inspected } from './inspected.ts';

/** What `--json` shows of an inspection. */
export interface JsonInspection {
  readonly input: string;
  readonly durationSeconds: number;
  /** Present for a recording. */
  readonly audio?: {
    readonly format: string;
    readonly encoding: string;
    readonly sampleRateHz: number;
    readonly channelCount: number;
    readonly sampleCount: number;
    /** Largest magnitude, where 1 is full scale. */
    readonly peak: number;
    readonly warnings: readonly string[];
  };
  /** Present for a token file. */
  readonly tokenFile?: {
    readonly format: string;
    readonly startSample: number;
    readonly sourceName?: string;
    readonly sourceSha256?: string;
  };
  /** One entry for each tokenizer; one for a token file. */
  readonly tokens: readonly {
    readonly tokenizer?: string;
    readonly tokenSpace: string;
    readonly sampleRateHz: number;
    readonly sampleCount: number;
    readonly tokenCount: number;
    readonly tokenRateHz?: number;
    readonly nominalBitrateBps?: number;
    readonly entropyCodedBitrateBps?: number;
    /** Speed of the model alone. */
    readonly timesRealTime?: number;
    readonly codebooks: readonly Omit<CodebookStatistics, 'codeCounts'>[];
  }[];
}

export function toJsonInspection(input: string, inspected: Inspected): JsonInspection {
  const { audio, tokens, durationSeconds, groups } = inspected;
  return {
    input,
    durationSeconds,
    ...(audio === undefined
      ? {}
      : {
          audio: {
            format: audio.file.format,
            encoding: audio.file.encoding,
            sampleRateHz: audio.file.sampleRateHz,
            channelCount: audio.file.channelCount,
            sampleCount: audio.outline.sampleCount(),
            peak: audio.outline.peak(),
            warnings: audio.file.warnings.map(({ message }) => message),
          },
        }),
    ...(tokens === undefined
      ? {}
      : {
          tokenFile: {
            format: tokens.format,
            startSample: tokens.startSample,
            ...(tokens.source.name === undefined ? {} : { sourceName: tokens.source.name }),
            ...(tokens.source.sha256 === undefined ? {} : { sourceSha256: tokens.source.sha256 }),
          },
        }),
    // Fields that are undefined are left out by JSON itself.
    tokens: groups.map(({ tokenizerId, tokenSpace, statistics, timesRealTime }) => {
      const { codebooks, sampleCount, tokenCount, tokenRateHz, nominalBitrateBps, entropyCodedBitrateBps } = statistics;
      return {
        ...(tokenizerId === undefined ? {} : { tokenizer: tokenizerId }),
        tokenSpace: tokenSpace.id,
        sampleRateHz: tokenSpace.sampleRateHz,
        sampleCount,
        tokenCount,
        ...(tokenRateHz === undefined ? {} : { tokenRateHz }),
        ...(nominalBitrateBps === undefined ? {} : { nominalBitrateBps }),
        ...(entropyCodedBitrateBps === undefined ? {} : { entropyCodedBitrateBps }),
        ...(timesRealTime === undefined ? {} : { timesRealTime }),
        codebooks: codebooks.map(({ codeCounts, ...figures }) => figures),
      };
    }),
  };
}
