import type { AudioFormat } from '../../audio/audio-clip.ts';
import type { SpeechDetokenizerV1 } from '../../contract/speech-detokenizer.ts';
import type { SpeechTokenizerV1 } from '../../contract/speech-tokenizer.ts';
import { alignmentSamples } from '../../tokens/frame-clock.ts';
import { validateTokenSpace } from '../../tokens/validate-token-space.ts';
import { expectThat } from '../expectations.ts';

/** What a loaded tokenizer or detokenizer says of itself is well-formed. */
export function expectGoodPart(part: SpeechTokenizerV1 | SpeechDetokenizerV1): void {
  expectThat(part.specificationVersion === 'v1', 'The specification version is not one that this kit knows', () => ({
    found: String(part.specificationVersion),
    wanted: 'v1',
  }));
  validateTokenSpace(part.tokenSpace);
  if (part.streaming === undefined) return;
  const { latencySamples } = part.streaming;
  const leastLatency = alignmentSamples(part.tokenSpace) ?? 1;
  expectThat(
    Number.isInteger(latencySamples) && latencySamples >= leastLatency,
    'The latency of a stream is a whole number of samples and never less than one hop',
    () => ({ found: String(latencySamples), wanted: `an integer of at least ${leastLatency}` }),
  );
}

export function expectGoodRate(what: string, { sampleRateHz, channelCount }: AudioFormat): void {
  expectThat(isPositiveInteger(sampleRateHz) && isPositiveInteger(channelCount), `The ${what} is not usable`, () => ({
    found: `${channelCount} channels at ${sampleRateHz} Hz`,
    wanted: 'positive integers',
  }));
}

function isPositiveInteger(value: number): boolean {
  return Number.isInteger(value) && value > 0;
}
