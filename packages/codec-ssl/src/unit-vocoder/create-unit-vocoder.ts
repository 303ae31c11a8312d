import { createStreamDetokenizer, type SpeechDetokenizerV1, SpeechTokensError } from '@speech-tokens/core';
import type { WeightScope } from '@speech-tokens/onnx-graph';
import type { OpenGraph } from '../network/feature-network.ts';
import { unitSpaceShape } from '../units/unit-tokenizer.ts';
import { readVoice, type VoiceTables } from '../vocoder/voice.ts';
import { UnitStream } from './unit-stream.ts';
import { delayFrames, type UnitVocoderConfig } from './unit-vocoder-config.ts';
import { buildUnitVocoderGraph } from './vocoder-graph.ts';

export interface UnitVocoderParts {
  readonly config: UnitVocoderConfig;
  readonly weights: WeightScope;
  /** Which of its sets of units it reads. */
  readonly unitCount: number;
  readonly openGraph: OpenGraph;
}

/** Between a unit and its sound lies what the blocks see after it, and the unit itself. */
export function vocoderLatencySamples(delayFrames: number, hopSamples: number): number {
  return (delayFrames + 1) * hopSamples;
}

/**
 * The detokenizer of one set of units of a vocoder. Conditioning: `speaker`, a number or a name of the configuration; the
 * first voice where absent.
 * @throws SpeechTokensError `checkpoint-invalid` where the vocoder has no embeddings for so many units
 */
export async function createUnitVocoder(parts: UnitVocoderParts): Promise<SpeechDetokenizerV1> {
  const { config, weights, unitCount, openGraph } = parts;
  const { sampleRateHz, hopSamples, windowSamples, voices } = config;
  const found = config.units.find(({ count }) => count === unitCount);
  if (found === undefined) throw noSuchUnits(unitCount, config);
  const tokenSpace = {
    id: found.tokenSpaceId,
    ...unitSpaceShape({ sampleRateHz, hopSamples, windowSamples }, unitCount),
  };
  const session = await openGraph(buildUnitVocoderGraph(config, weights, unitCount));
  const delay = delayFrames(config);
  const tables: VoiceTables = {
    speakers: { count: voices.length, width: config.slow.channels },
    languages: { count: 0, width: 0 },
  };
  const names = { speakers: new Map(voices.map((name, row) => [name, row])), languages: new Map<string, number>() };
  return createStreamDetokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz, channelCount: 1 },
    latencySamples: vocoderLatencySamples(delay, hopSamples),
    openStream({ conditioning }) {
      const { speaker } = readVoice(conditioning, tables, names);
      return {
        machine: new UnitStream({ tokenSpace, session, delayFrames: delay, voice: speaker }),
        conditionedOn: `speaker ${speaker}`,
      };
    },
    close: () => session.close(),
  });
}

function noSuchUnits(wanted: number, { units }: UnitVocoderConfig): SpeechTokensError<'checkpoint-invalid'> {
  return new SpeechTokensError('checkpoint-invalid', {
    problem: 'The unit vocoder was not made for so many units (unit_counts)',
    found: units.map(({ count }) => count).join(', '),
    wanted: String(wanted),
    remedy: 'Use the detokenizer of one of these numbers, or another vocoder',
    details: { path: 'config.json' },
  });
}
