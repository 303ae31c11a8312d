import { createStreamDetokenizer, type SpeechDetokenizerV1 } from '@speech-tokens/core';
import type { TensorInput } from '@speech-tokens/onnx-graph';
import type { OpenGraph } from '../network/feature-network.ts';
import type { OpenedVocoder } from './open-vocoder.ts';
import { vocoderReach } from './receptive-field.ts';
import type { VocoderConfig } from './vocoder-config.ts';
import { type UnitWindows, VocoderWindows } from './vocoder-windows.ts';
import { readVoice, type Voice } from './voice.ts';
import { buildWaveformGraph } from './waveform-graph.ts';

/** The inputs of the graph for these units. */
export type WaveformInputs = (units: Int32Array) => Readonly<Record<string, TensorInput>>;

/** Frames that one run settles: 1.28 s of 20 ms. Longer windows see less context for each frame, and answer later. */
const coreFrames = 64;

export function unitWindows(config: VocoderConfig): UnitWindows {
  return { coreFrames, contextFrames: vocoderReach(config).frames };
}

/** Between a sample and its sound lies at most this much input: the window that it opens, and its context. */
function unitLatencySamples(windows: UnitWindows, hopSamples: number): number {
  return (windows.coreFrames + windows.contextFrames) * hopSamples;
}

/**
 * The detokenizer of units, see `SpeechDetokenizerV1`. Conditioning: `speaker` and `language`, see `readVoice`. Units
 * last one frame each, as the tokenizer gives them: runs are written out by `mergeRepeats.invert`, and units without a
 * clock get durations from `openDurationPredictor`.
 */
export async function createUnitDetokenizer(
  { config, settings, weights, tokenSpace }: OpenedVocoder,
  openGraph: OpenGraph,
  windows: UnitWindows = unitWindows(config),
): Promise<SpeechDetokenizerV1> {
  const session = await openGraph(buildWaveformGraph(config, weights));
  const audioFormat = { sampleRateHz: tokenSpace.sampleRateHz, channelCount: 1 };
  // What vocoder.json says is wrong, is said when it is loaded.
  readVoice({}, config, settings);
  return createStreamDetokenizer({
    tokenSpace,
    audioFormat,
    latencySamples: unitLatencySamples(windows, config.hopSamples),
    openStream({ conditioning }) {
      const voice = readVoice(conditioning, config, settings);
      return {
        machine: new VocoderWindows({ tokenSpace, windows, session, inputs: inputsOf(config, voice) }),
        conditionedOn: `speaker ${voice.speaker}, language ${voice.language}`,
      };
    },
    close: () => session.close(),
  });
}

function inputsOf({ speakers, languages }: VocoderConfig, { speaker, language }: Voice): WaveformInputs {
  return (units) => {
    const shape = [units.length];
    const everywhere = (row: number): TensorInput => ({ values: new Int32Array(units.length).fill(row), shape });
    return {
      units: { values: units, shape },
      ...(speakers.width === 0 ? {} : { speaker: everywhere(speaker) }),
      ...(languages.width === 0 ? {} : { language: everywhere(language) }),
    };
  };
}
