import { isListedSpaceId, SpeechTokensError, type TokenSpace, trackFrameCounts } from '@speech-tokens/core';
import { encodec24kHzSpace, encodec48kHzSpace } from '../encodec/encodec-spaces.ts';

/** A model whose tokens `.ecdc` files hold. */
export interface EcdcModel {
  /** As the authors call it. */
  readonly name: 'encodec_24khz' | 'encodec_48khz';
  /** The space of its listed component: the id is the component's. */
  readonly tokenSpace: TokenSpace;
  /** Whether each segment has a scale. */
  readonly hasScales: boolean;
}

export const ecdcModels: readonly EcdcModel[] = [
  { name: 'encodec_24khz', tokenSpace: { id: 'rvq:encodec-24khz', ...encodec24kHzSpace }, hasScales: false },
  { name: 'encodec_48khz', tokenSpace: { id: 'rvq:encodec-48khz', ...encodec48kHzSpace }, hasScales: true },
];

/** Whether a space is that of the model, whatever its weights. */
export function isOfModel(space: TokenSpace, { tokenSpace }: EcdcModel): boolean {
  return isListedSpaceId(space.id, tokenSpace.id) && sameClock(space, tokenSpace);
}

/**
 * The model that a space belongs to: that of its component, whatever its weights.
 * @throws SpeechTokensError `argument-invalid` for a space that `.ecdc` files do not hold
 */
export function ecdcModelOf(space: TokenSpace): EcdcModel {
  const model = ecdcModels.find((candidate) => isOfModel(space, candidate));
  if (model !== undefined) return model;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'An .ecdc file does not hold tokens of this space',
    found: space.id,
    wanted: ecdcModels.map(({ tokenSpace }) => tokenSpace.id).join(' or '),
    remedy: 'Tokenize with EnCodec at 24 or 48 kHz, or write a token file, which holds tokens of every space',
    details: { argument: 'tokenSpace' },
  });
}

/** Frames of each segment of a clip, in order. */
export function segmentFrameCounts({ tokenSpace }: EcdcModel, sampleCount: number): readonly number[] {
  const { segments, codebooks } = tokenSpace;
  const frames = (samples: number): number => Math.ceil(samples / codebooks[0]!.hopSamples!);
  if (segments === undefined) return sampleCount === 0 ? [] : [frames(sampleCount)];
  const { lengthSamples, strideSamples } = segments;
  return Array.from({ length: Math.ceil(sampleCount / strideSamples) }, (_, segment) =>
    frames(Math.min(lengthSamples, sampleCount - segment * strideSamples)),
  );
}

/** The bytes of all codes and scales of a clip. Counted without a list of segments: the sample count may be a lie. */
export function bodySizeBytes(model: EcdcModel, sampleCount: number, codebookCount: number): number {
  const { tokenSpace, hasScales } = model;
  const bits = codebookCount * Math.log2(tokenSpace.codebooks[0]!.size);
  const frames = trackFrameCounts(tokenSpace, sampleCount)!.exact[0]!;
  const { segments } = tokenSpace;
  if (segments === undefined) return Math.ceil((frames * bits) / 8);
  const segmentCount = Math.ceil(sampleCount / segments.strideSamples);
  // Each segment ends with a whole byte. All but the last two are whole segments.
  const wholeSegments = Math.max(0, segmentCount - 2);
  const wholeFrames = Math.ceil(segments.lengthSamples / tokenSpace.codebooks[0]!.hopSamples!);
  const whole = Math.ceil((wholeFrames * bits) / 8);
  const rest = segmentFrameCounts(model, sampleCount - wholeSegments * segments.strideSamples);
  const restBytes = rest.reduce((sum, count) => sum + Math.ceil((count * bits) / 8), 0);
  return wholeSegments * whole + restBytes + (hasScales ? 4 * segmentCount : 0);
}

function sameClock(a: TokenSpace, b: TokenSpace): boolean {
  const clock = ({ sampleRateHz, codebooks, segments, durations }: TokenSpace): string =>
    JSON.stringify([sampleRateHz, codebooks.map(({ size, hopSamples }) => [size, hopSamples]), segments, durations]);
  return clock(a) === clock(b);
}
