import { join } from 'node:path';
import {
  type CallOptions,
  SpeechTokensError,
  type TokenGrid,
  type TokenSpace,
  validateTokenGrid,
} from '@speech-tokens/core';
import { type GraphSession, openGraphSession, type RuntimeOptions } from '@speech-tokens/onnx-graph';
import { buildDurationGraph, durationReach } from './duration-graph.ts';
import { openVocoder } from './open-vocoder.ts';

/** How long units last that have lost their clock: those of a language model, or of a translation. */
export interface DurationPredictor {
  /** That of the units which the vocoder was made for. */
  readonly tokenSpace: TokenSpace;
  /**
   * Frames that each unit lasts, at least 1; a unit's depends on two to either side.
   * @throws SpeechTokensError `token-grid-invalid` for ids that there are not, `inference-failed`, `session-closed`
   */
  predict(units: Uint32Array, options?: CallOptions): Promise<Uint32Array>;
  /**
   * The units with their predicted durations, as a grid that a detokenizer of the same folder takes: one id a frame.
   * @throws SpeechTokensError as `predict`
   */
  toGrid(units: Uint32Array, options?: CallOptions): Promise<TokenGrid>;
  /** Frees the model. May be called more than once. */
  close(): Promise<void>;
}

/** Units of one run: bounds the memory that it takes. */
const unitsPerRun = 1_024;

/** More frames than a grid here has (23 days of 20 ms): a duration is no number of frames that anybody meant. */
const maximumFrames = 100_000_000;

/**
 * Opens the duration predictor of a unit vocoder.
 * @param directory a folder with `vocoder.json`, as for `ssl:unit-hifigan`
 * @throws SpeechTokensError `checkpoint-invalid` that names the tensor where the checkpoint has no predictor;
 *   `model-missing`, `inference-unavailable`
 */
export async function openDurationPredictor(
  directory: string,
  options: RuntimeOptions & CallOptions = {},
): Promise<DurationPredictor> {
  const { signal, onProgress: _, ...runtime } = options;
  const { config, weights, weightsDirectory, tokenSpace } = await openVocoder(join(directory, 'vocoder.json'));
  signal?.throwIfAborted();
  const session = await openGraphSession(buildDurationGraph(config, weights), { ...runtime, weightsDirectory });
  const predict: DurationPredictor['predict'] = async (units, { signal: abort, onProgress } = {}) => {
    checkUnits(units, tokenSpace);
    const durations = new Uint32Array(units.length);
    for (let start = 0; start < units.length; start += unitsPerRun) {
      abort?.throwIfAborted();
      const end = Math.min(start + unitsPerRun, units.length);
      durations.set(await durationsOf(session, units, start, end), start);
      onProgress?.({ stage: 'Predicting durations', done: end, total: units.length, unit: 'tokens' });
    }
    return durations;
  };
  return {
    tokenSpace,
    predict,
    async toGrid(units, callOptions) {
      const durations = await predict(units, callOptions);
      const frameCount = durations.reduce((sum, frames) => sum + frames, 0);
      if (frameCount > maximumFrames) throw tooLong(frameCount);
      const ids = new Uint32Array(frameCount);
      let frame = 0;
      for (const [i, duration] of durations.entries()) {
        ids.fill(units[i]!, frame, frame + duration);
        frame += duration;
      }
      const sampleCount = frameCount * config.hopSamples;
      return { tokenSpace, startSample: 0, sampleCount, tracks: [{ ids }] };
    },
    close: () => session.close(),
  };
}

/** The durations of the units from `start` to `end` (exclusive). */
async function durationsOf(
  session: GraphSession,
  units: Uint32Array,
  start: number,
  end: number,
): Promise<Uint32Array> {
  const seen = Int32Array.from(units.subarray(Math.max(0, start - durationReach), end + durationReach));
  const { logs } = await session.run({ units: { values: seen, shape: [seen.length] } }, session.createState());
  const from = Math.min(start, durationReach);
  return Uint32Array.from((logs as Float32Array).subarray(from, from + end - start), framesOf);
}

/** As the authors' code: e^log − 1 in float32, rounded to the nearest integer (of two, the even one), at least 1. */
export function framesOf(log: number): number {
  const exact = Math.fround(Math.expm1(log));
  const below = Math.floor(exact);
  const rest = exact - below;
  const rounded = rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
  if (!(rounded <= maximumFrames)) throw tooLong(rounded);
  return Math.max(1, rounded);
}

function checkUnits(ids: Uint32Array, tokenSpace: TokenSpace): void {
  const sampleCount = ids.length * tokenSpace.codebooks[0]!.hopSamples!;
  validateTokenGrid({ tokenSpace, startSample: 0, sampleCount, tracks: [{ ids }] });
}

function tooLong(frames: number): SpeechTokensError<'inference-failed'> {
  return new SpeechTokensError('inference-failed', {
    problem: 'The predicted durations make no sense',
    found: `${frames} frames`,
    wanted: `at most ${maximumFrames}`,
    remedy: 'Use the weights of a trained vocoder, and fewer units at once',
    details: { stage: 'run' },
  });
}
