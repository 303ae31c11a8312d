import { SpeechTokensError, type TokenSpace } from '../../src/index.ts';

/** How a reference codec is laid out. */
export interface ReferenceFormat {
  readonly sampleRateHz: number;
  readonly channelCount: number;
  /** Hop of each codebook, coarse first; each divides the first. */
  readonly hops: readonly number[];
  readonly outputRateHz: number;
}

export const plainFormat: ReferenceFormat = {
  sampleRateHz: 100,
  channelCount: 1,
  hops: [10, 10, 10],
  outputRateHz: 100,
};
export const multiRateFormat: ReferenceFormat = {
  sampleRateHz: 800,
  channelCount: 1,
  hops: [20, 10],
  outputRateHz: 1200,
};
export const stereoFormat: ReferenceFormat = { sampleRateHz: 900, channelCount: 2, hops: [12, 12], outputRateHz: 900 };

const codebookSize = 16;

export function spaceOf({ sampleRateHz, channelCount, hops }: ReferenceFormat): TokenSpace {
  return {
    id: `reference-${channelCount}x${sampleRateHz}-${hops.join('-')}`,
    sampleRateHz,
    codebooks: hops.map((hopSamples, k) => ({ name: `codebook-${k}`, size: codebookSize, hopSamples })),
    prefixDecodable: true,
  };
}

/** The step between two levels of a codebook: each is eight times as fine as the one before. */
function stepOf(codebook: number): number {
  return 0.25 / 8 ** codebook;
}

export function levelOf(id: number, codebook: number): number {
  return (id - codebookSize / 2 + 0.5) * stepOf(codebook);
}

export function idOf(value: number, codebook: number): number {
  return Math.max(0, Math.min(codebookSize - 1, Math.floor(value / stepOf(codebook)) + codebookSize / 2));
}

/** Lets everything else run, and looks whether the call is still wanted. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

/** @throws SpeechTokensError `argument-invalid` */
export function checkCodebookCount(codebookCount: number | undefined, available: number): number {
  if (codebookCount === undefined) return available;
  if (Number.isInteger(codebookCount) && codebookCount >= 1 && codebookCount <= available) return codebookCount;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'The codebook count is out of range',
    found: String(codebookCount),
    wanted: `1 to ${available}`,
    remedy: 'Ask for another number',
    details: { argument: 'codebookCount' },
  });
}

export function streamOrder(foundStartSample: number, wantedStartSample: number): SpeechTokensError {
  return new SpeechTokensError('stream-order', {
    problem: 'The input does not follow the last one',
    found: `sample ${foundStartSample}`,
    wanted: `sample ${wantedStartSample}`,
    remedy: 'Give the pieces in order',
    details: { foundStartSample, wantedStartSample },
  });
}

export function closedError(): SpeechTokensError {
  return new SpeechTokensError('session-closed', {
    problem: 'It is closed',
    remedy: 'Load it again',
    details: {},
  });
}
