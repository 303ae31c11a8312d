import type { FlattenSlot, TokenSpace, TokenStream } from '@speech-tokens/core';
import { invalidLayout } from './layout-error.ts';
import { type SlotPattern, slotPattern } from './slot-pattern.ts';

/** A cell without an id: its embedding is zero (Moshi's zero token), or it is masked (CSM). 0 is a code like any other. */
export const noId = -1;

/** One row of a model that takes and makes a column of ids at each step. */
export interface FrameStream extends TokenStream {
  /** The id of frame t stands in step `initialSteps + t + delaySteps`. 0 where absent. */
  readonly delaySteps?: number;
  /** What stands before the first frame; may be one past the vocabulary, as Moshi's is. `noId` where absent. */
  readonly initialId?: number;
  /** What stands after the last frame, while delayed rows end. `noId` where absent. */
  readonly padId?: number;
  /** Where its ids belong in a channel's grids: id = `idOffset` + code. Absent for text. */
  readonly slot?: FlattenSlot & { readonly channel: string };
}

/**
 * Rows side by side: Moshi (text, 8 of its own voice, 8 of the user's), CSM (32 and text), MusicGen, Kimi-Audio,
 * Mini-Omni (7 rows for a frame of SNAC), SpeechGPT-2.0 (9 rows for a patch of 3 frames).
 */
export interface FrameLayout {
  readonly streams: readonly FrameStream[];
  /** The voices: their token spaces, by name. All have patterns of one duration: that of a step. */
  readonly channels: { readonly [name: string]: TokenSpace };
  /** Steps before that of the first frame, all of initial ids: 1 for Moshi and MusicGen, 0 for CSM. 0 where absent. */
  readonly initialSteps?: number;
}

/** A layout that was checked, with what readers and writers need at hand. */
export interface CheckedFrameLayout {
  readonly layout: FrameLayout;
  readonly delays: readonly number[];
  readonly maxDelay: number;
  readonly initialSteps: number;
  readonly patterns: ReadonlyMap<string, SlotPattern & { readonly streams: readonly number[] }>;
}

/**
 * In which step the id of a frame stands, counted from 0.
 * @param frame counted from 0
 * @param stream index of the row
 */
export function stepOfFrame({ streams, initialSteps = 0 }: FrameLayout, frame: number, stream: number): number {
  return initialSteps + frame + (streams[stream]?.delaySteps ?? 0);
}

/** @throws SpeechTokensError `argument-invalid` */
export function checkFrameLayout(layout: FrameLayout): CheckedFrameLayout {
  const { streams, channels, initialSteps = 0 } = layout;
  if (streams.length === 0) throw invalidLayout('The layout has no streams', '0', 'at least 1');
  checkCount('initialSteps', initialSteps, 0);
  const names = new Set<string>();
  for (const { name, vocabularySize, delaySteps = 0, initialId = noId, padId = noId, slot } of streams) {
    if (names.has(name)) throw invalidLayout('Two streams have one name', name, 'names of their own');
    names.add(name);
    checkCount(`vocabularySize of ${name}`, vocabularySize, 1);
    checkCount(`delaySteps of ${name}`, delaySteps, 0);
    checkCount(`initialId of ${name}`, initialId, noId);
    checkCount(`padId of ${name}`, padId, noId);
    if (slot === undefined) continue;
    const space = channels[slot.channel];
    if (space === undefined)
      throw invalidLayout(`The channel of ${name} is not there`, slot.channel, 'one of channels');
    const end = slot.idOffset + (space.codebooks[slot.codebook]?.size ?? 0);
    if (end > vocabularySize) {
      throw invalidLayout(`${name} has ids past its vocabulary`, `id ${end - 1}`, `less than ${vocabularySize}`);
    }
  }
  const delays = streams.map(({ delaySteps = 0 }) => delaySteps);
  const patterns = new Map(
    Object.entries(channels).map(([name, space]) => [name, channelPattern(layout, name, space)]),
  );
  const [first, ...others] = patterns.values();
  const odd = others.find(
    ({ space, patternSamples }) =>
      patternSamples * (first?.space.sampleRateHz as number) !== (first?.patternSamples as number) * space.sampleRateHz,
  );
  if (odd !== undefined) {
    const seconds = (pattern: SlotPattern | undefined): string =>
      `${(pattern?.patternSamples as number) / (pattern?.space.sampleRateHz as number)} s`;
    throw invalidLayout(`A step of ${odd.space.id} is of another length`, seconds(odd), seconds(first));
  }
  return { layout, delays, maxDelay: Math.max(...delays), initialSteps, patterns };
}

function channelPattern({ streams }: FrameLayout, channel: string, space: TokenSpace) {
  const rows = streams.flatMap(({ slot }, index) => (slot?.channel === channel ? [{ index, slot }] : []));
  const pattern = slotPattern(
    space,
    rows.map(({ slot }) => slot),
  );
  return { ...pattern, streams: rows.map(({ index }) => index) };
}

function checkCount(what: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least && value < 2 ** 31) return;
  throw invalidLayout(`${what} is out of range`, String(value), `an integer of at least ${least}, below 2^31`);
}
