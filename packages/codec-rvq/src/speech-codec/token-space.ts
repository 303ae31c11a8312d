import { createHash } from 'node:crypto';
import type { TokenSpace } from '@speech-tokens/core';
import type { SpeechCodecConfig } from './speech-codec-config.ts';

export const speechCodecId = 'rvq:speech-16khz';

/** What the ids of a checkpoint mean: its name, and the files that they follow from. */
export function speechCodecTokenSpace(
  config: Pick<SpeechCodecConfig, 'sampleRateHz' | 'hopSamples' | 'codebookCount' | 'codebookSize'>,
  files: { readonly configSha256: string; readonly weightsSha256: string },
): TokenSpace {
  const fingerprint = createHash('sha256').update(`${files.configSha256} ${files.weightsSha256}`).digest('hex');
  return {
    id: `${speechCodecId}#${fingerprint.slice(0, 12)}`,
    sampleRateHz: config.sampleRateHz,
    codebooks: Array.from({ length: config.codebookCount }, (_, k) => ({
      name: `codebook-${k}`,
      size: config.codebookSize,
      hopSamples: config.hopSamples,
    })),
    prefixDecodable: true,
  };
}
