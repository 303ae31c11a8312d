import { SpeechTokensError } from '@speech-tokens/core';

export function requireEqualLengths(reference: Float32Array, estimate: Float32Array): void {
  if (reference.length === estimate.length) return;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'Two signals cannot be compared sample by sample',
    found: `${reference.length} samples beside ${estimate.length}`,
    wanted: 'as many of one as of the other',
    remedy: 'Use `createSpeechQualityMeter`, which pairs streams that arrive in different pieces',
    details: { argument: 'estimate' },
  });
}
