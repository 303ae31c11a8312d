import { convertStream } from '@speech-tokens/audio-files';
import {
  alignRangeOutward,
  createTokenFileWriter,
  gridToJsonText,
  gridToNpy,
  isSpeechTokensError,
  joinGrids,
  sliceGrid,
  type TokenGrid,
  undoTransforms,
} from '@speech-tokens/core';
import { createTokenStatistics } from '@speech-tokens/measures';
import { lanesOf } from '@speech-tokens/token-view';
import { gridToCsv, statisticsTable, type TokensFormat, type TokensFound } from '../document/index.ts';
import { type CallContext, isRequestError } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import type { Components } from './components.ts';
import { spaceText } from './figures.ts';
import type { Done, TokenizerId } from './methods.ts';
import type { OpenDocument } from './open-document.ts';
import { tokenizeStream } from './streams.ts';

/** Tokens of a document: read from it, or made once and kept. */
export async function gridOf(
  document: OpenDocument,
  tokenizerId: TokenizerId,
  components: Components,
  { signal, progress }: CallContext<Done>,
): Promise<TokenGrid> {
  const before = document.grids.get(tokenizerId);
  if (before !== undefined) return before;
  const { recording, facts } = document;
  if (tokenizerId === null || recording === undefined) throw new Error('The document has no such tokens');
  progress({ stage: t('Loading {0}', tokenizerId), doneSeconds: 0 });
  const tokenizer = await components.tokenizer(tokenizerId);
  signal.throwIfAborted();
  const totalSeconds = facts.sampleCount / facts.sampleRateHz;
  const chunks = convertStream(recording.read({ signal }), tokenizer.audioFormat, { signal });
  const grids: TokenGrid[] = [];
  let doneSeconds = 0;
  for await (const grid of tokenizeStream(tokenizer, chunks, signal)) {
    grids.push(grid);
    doneSeconds += grid.sampleCount / tokenizer.tokenSpace.sampleRateHz;
    progress({ stage: t('Tokenizing with {0}', tokenizerId), doneSeconds, totalSeconds });
  }
  const grid = joinGrids(grids);
  document.grids.set(tokenizerId, grid);
  return grid;
}

export async function findTokens(
  document: OpenDocument,
  tokenizerId: TokenizerId,
  components: Components,
  context: CallContext<Done>,
): Promise<TokensFound> {
  const grid = await gridOf(document, tokenizerId, components, context);
  const { tokenSpace } = grid;
  const meter = createTokenStatistics(tokenSpace);
  meter.push(grid);
  const original = withoutTransforms(grid);
  const statistics = meter.result();
  const { codebooks, nominalBitrateBps: bitrateBps } = statistics;
  const rates = codebooks.map((codebook) => codebook.frameRateHz ?? codebook.tokenRateHz);
  const tokenRateHz = rates.every((rate) => rate !== undefined)
    ? rates.reduce((sum, rate) => sum + rate, 0)
    : undefined;
  const lanes = lanesOf(grid, document.facts.sampleRateHz);
  const notDecodable =
    original === undefined
      ? t('Byte pairs can only be undone with their merges')
      : await components.detokenizerFor(original.tokenSpace).then(() => undefined, whyNot);
  return {
    title: tokenizerId ?? tokenSpace.id,
    about: spaceText(tokenSpace, grid.tracks.length),
    ...(tokenRateHz === undefined ? {} : { tokenRateHz }),
    ...(bitrateBps === undefined ? {} : { bitrateBps }),
    lanes: lanes.length > 0 || original === undefined ? lanes : lanesOf(original, document.facts.sampleRateHz),
    codebookCount: (original ?? grid).tracks.length,
    prefixDecodable: (original ?? grid).tokenSpace.prefixDecodable,
    ...(notDecodable === undefined ? {} : { notDecodable }),
    statistics: statisticsTable(statistics),
    codeUses: statistics.codebooks.map(({ name, size, codeCounts }) => ({ name, size, codeCounts })),
  };
}

/** Tokens of a stretch, as the bytes of a file. */
export async function exportGrid(
  grid: TokenGrid,
  format: TokensFormat,
  range: { readonly startSample: number; readonly endSample: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const { startSample, endSample } = alignRangeOutward(grid, range);
  const part = sliceGrid(grid, startSample, endSample);
  const bytes: Uint8Array[] = [];
  const text = (pieces: Iterable<string>): void => {
    for (const piece of pieces) bytes.push(new TextEncoder().encode(piece));
  };
  switch (format) {
    case 'json':
      text(gridToJsonText(part));
      break;
    case 'csv':
      text([gridToCsv(part)]);
      break;
    case 'npy':
      bytes.push(...gridToNpy(part));
      break;
    case 'safetensors': {
      const writer = createTokenFileWriter({ tokenSpace: part.tokenSpace, codebookCount: part.tracks.length });
      writer.append(part);
      await writer.writeTo({ write: async (piece) => void bytes.push(piece.slice()) });
    }
  }
  return new Uint8Array(await new Blob(bytes as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** Before merges of repeats and the like; `undefined` where byte pairs stand in the way. */
export function withoutTransforms(grid: TokenGrid): TokenGrid | undefined {
  try {
    return undoTransforms(grid);
  } catch (error) {
    if (isSpeechTokensError(error, 'argument-invalid')) return undefined;
    throw error;
  }
}

function whyNot(error: unknown): string {
  if (isRequestError(error, 'component-not-found') || isSpeechTokensError(error)) return (error as Error).message;
  throw error;
}
