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
import { cutLanes } from './cut-lanes.ts';
import { spaceText } from './figures.ts';
import type { Done, TokenizerId, TokensPart } from './methods.ts';
import type { MadeTokens, OpenDocument } from './open-document.ts';
import { createPace } from './pace.ts';
import { tokenizeStream } from './streams.ts';

type TokensContext = CallContext<Done & { readonly part?: TokensPart }>;

/** Tokens of a document as far as there are any: of a run that was cancelled the first ones. Otherwise they are made. */
export async function gridOf(
  document: OpenDocument,
  tokenizerId: TokenizerId,
  components: Components,
  context: TokensContext,
): Promise<TokenGrid> {
  return document.grids.get(tokenizerId)?.grid ?? wholeGridOf(document, tokenizerId, components, context);
}

/** All tokens of a document: read from it, or made once and kept. */
async function wholeGridOf(
  document: OpenDocument,
  tokenizerId: TokenizerId,
  components: Components,
  { signal, progress }: TokensContext,
): Promise<TokenGrid> {
  const before = document.grids.get(tokenizerId);
  if (before?.isWhole) return before.grid;
  const { recording, facts } = document;
  if (tokenizerId === null || recording === undefined) throw new Error('The document has no such tokens');
  progress({ stage: t('Loading {0}', tokenizerId), doneSeconds: 0 });
  const tokenizer = await components.tokenizer(tokenizerId);
  signal.throwIfAborted();
  const totalSeconds = facts.sampleCount / facts.sampleRateHz;
  const chunks = convertStream(recording.read({ signal }), tokenizer.audioFormat, { signal });
  const grids: TokenGrid[] = [];
  let doneSeconds = 0;
  /** What came since lanes were last told of. */
  let untold: TokenGrid[] = [];
  const stage = t('Tokenizing with {0}', tokenizerId);
  const isTime = createPace();
  const tell = (): void => {
    if (untold.length === 0) return;
    for (const part of partsOf(joinGrids(untold), facts.sampleRateHz))
      progress({ stage, doneSeconds, totalSeconds, part });
    untold = [];
  };
  for await (const grid of tokenizeStream(tokenizer, chunks, signal)) {
    grids.push(grid);
    document.coming.set(tokenizerId, grids);
    doneSeconds += grid.sampleCount / tokenizer.tokenSpace.sampleRateHz;
    untold.push(grid);
    if (isTime()) tell();
  }
  tell();
  return keep(document, tokenizerId, joinGrids(grids), true);
}

async function keep(
  { coming, grids, decoders }: OpenDocument,
  tokenizerId: TokenizerId,
  grid: TokenGrid,
  isWhole: boolean,
): Promise<TokenGrid> {
  coming.delete(tokenizerId);
  grids.set(tokenizerId, { grid, isWhole });
  // It decodes those that were there before.
  const decoder = decoders.get(tokenizerId);
  decoders.delete(tokenizerId);
  await decoder?.close();
  return grid;
}

/** A message with more of them is cut: it would stop a page for too long. */
const mostTokensOfMessage = 65_536;

function* partsOf(grid: TokenGrid, sampleRateHz: number): Generator<TokensPart> {
  const about = spaceText(grid.tokenSpace, grid.tracks.length);
  for (const lanes of cutLanes(lanesOf(grid, sampleRateHz), mostTokensOfMessage)) yield { about, lanes };
}

/** All tokens of a document, which are made where they are not there. */
export async function findTokens(
  document: OpenDocument,
  tokenizerId: TokenizerId,
  components: Components,
  context: TokensContext,
): Promise<TokensFound> {
  let hasTold = false;
  const grid = await wholeGridOf(document, tokenizerId, components, {
    ...context,
    progress(done) {
      hasTold ||= done.part !== undefined;
      context.progress(done);
    },
  });
  return describeTokens(document, tokenizerId, components, { grid, isWhole: true }, { ...context, hasTold });
}

/** What there is when a run has been cancelled, though it may not have noticed yet; `null` where that is nothing. */
export async function findPartialTokens(
  document: OpenDocument,
  tokenizerId: TokenizerId,
  components: Components,
  context: TokensContext,
): Promise<TokensFound | null> {
  const coming = document.coming.get(tokenizerId);
  if (coming !== undefined) await keep(document, tokenizerId, joinGrids(coming), false);
  const made = document.grids.get(tokenizerId);
  return made === undefined
    ? null
    : describeTokens(document, tokenizerId, components, made, { ...context, hasTold: false });
}

/** @param context with whether these lanes have been told of already, in parts */
async function describeTokens(
  document: OpenDocument,
  tokenizerId: TokenizerId,
  components: Components,
  { grid, isWhole }: MadeTokens,
  context: TokensContext & { readonly hasTold: boolean },
): Promise<TokensFound> {
  const { tokenSpace } = grid;
  const { sampleRateHz } = document.facts;
  const meter = createTokenStatistics(tokenSpace);
  meter.push(grid);
  const original = withoutTransforms(grid);
  const statistics = meter.result();
  const { codebooks, nominalBitrateBps: bitrateBps } = statistics;
  const rates = codebooks.map((codebook) => codebook.frameRateHz ?? codebook.tokenRateHz);
  const tokenRateHz = rates.every((rate) => rate !== undefined)
    ? rates.reduce((sum, rate) => sum + rate, 0)
    : undefined;
  const ofGrid = lanesOf(grid, sampleRateHz);
  const lanes = ofGrid.length > 0 || original === undefined ? ofGrid : lanesOf(original, sampleRateHz);
  const doneSeconds = (grid.startSample + grid.sampleCount) / tokenSpace.sampleRateHz;
  const space = spaceText(tokenSpace, grid.tracks.length);
  const about = isWhole ? space : `${space} · ${t('partial: the first {0} s', Math.floor(doneSeconds))}`;
  const hasMany = lanes.reduce((sum, { ids }) => sum + ids.length, 0) > mostTokensOfMessage;
  if (hasMany && !(context.hasTold && lanes === ofGrid)) {
    for (const part of cutLanes(lanes, mostTokensOfMessage)) {
      context.progress({
        stage: t('Reading tokens of {0}', tokenizerId ?? tokenSpace.id),
        doneSeconds: 0,
        part: { about, lanes: part },
      });
    }
  }
  const notDecodable =
    original === undefined
      ? t('Byte pairs can only be undone with their merges')
      : await components.detokenizerFor(original.tokenSpace).then(() => undefined, whyNot);
  return {
    title: tokenizerId ?? tokenSpace.id,
    about,
    ...(isWhole ? {} : { endSample: Math.round(doneSeconds * sampleRateHz) }),
    ...(tokenRateHz === undefined ? {} : { tokenRateHz }),
    ...(bitrateBps === undefined ? {} : { bitrateBps }),
    lanes: hasMany ? [] : lanes,
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
