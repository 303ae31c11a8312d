import type { AudioFormat } from '../../audio/audio-clip.ts';
import type { SpeechDetokenizerV1 } from '../../contract/speech-detokenizer.ts';
import type { SpeechTokenizerV1 } from '../../contract/speech-tokenizer.ts';
import type { TokenSpace } from '../../tokens/token-space.ts';
import { expectThat } from '../expectations.ts';
import { periodSamples } from '../test-grids.ts';

/** What a loaded tokenizer or detokenizer says of itself is well-formed. */
export function expectGoodPart(part: SpeechTokenizerV1 | SpeechDetokenizerV1): void {
  expectThat(part.specificationVersion === 'v1', 'The specification version is not one that this kit knows', () => ({
    found: String(part.specificationVersion),
    wanted: 'v1',
  }));
  expectGoodTokenSpace(part.tokenSpace);
  if (part.streaming === undefined) return;
  const { latencySamples } = part.streaming;
  const leastHop = Math.min(...part.tokenSpace.codebooks.map(({ hopSamples }) => hopSamples ?? 1));
  const leastLatency = periodSamples(part.tokenSpace) ?? leastHop;
  expectThat(
    Number.isInteger(latencySamples) && latencySamples >= leastLatency,
    'The latency of a stream is a whole number of samples and never less than one hop',
    () => ({ found: String(latencySamples), wanted: `an integer of at least ${leastLatency}` }),
  );
}

export function expectGoodTokenSpace(space: TokenSpace): void {
  expectThat(typeof space.id === 'string' && space.id.trim() !== '', 'A token space needs an id', () => ({
    found: JSON.stringify(space.id),
    wanted: 'a text that names the method and its weights',
  }));
  expectThat(isPositiveInteger(space.sampleRateHz), 'The sample rate of a token space is not usable', () => ({
    found: String(space.sampleRateHz),
    wanted: 'a positive integer',
  }));
  expectThat(typeof space.prefixDecodable === 'boolean', 'A token space must say whether prefixes decode', () => ({
    found: String(space.prefixDecodable),
    wanted: 'prefixDecodable: true or false',
  }));
  expectThat(Array.isArray(space.codebooks) && space.codebooks.length > 0, 'A token space needs codebooks', () => ({
    found: String(space.codebooks),
    wanted: 'at least one',
  }));
  const names = new Set<string>();
  for (const { name, size, hopSamples } of space.codebooks) {
    expectThat(typeof name === 'string' && name !== '' && !names.has(name), 'Codebooks need names of their own', () => ({
      found: JSON.stringify(name),
      wanted: 'a name that no other codebook of the space has',
    }));
    names.add(name);
    expectThat(isPositiveInteger(size) && size <= 2 ** 32, `The size of ${name} is not usable`, () => ({
      found: String(size),
      wanted: 'an integer in [1, 2^32]',
    }));
    expectThat(hopSamples === undefined || isPositiveInteger(hopSamples), `The hop of ${name} is not usable`, () => ({
      found: String(hopSamples),
      wanted: 'a positive integer, or none',
    }));
  }
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
