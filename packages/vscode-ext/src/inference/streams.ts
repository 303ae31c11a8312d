import {
  alignmentSamples,
  hasSpans,
  joined,
  type PcmChunk,
  type SpeechDetokenizerV1,
  type SpeechTokenizerV1,
  type StreamSession,
  sliceGrid,
  type TokenGrid,
} from '@speech-tokens/core';

/** Tokens of a stream of audio in the tokenizer's own format; piece by piece where it streams. */
export async function* tokenizeStream(
  tokenizer: SpeechTokenizerV1,
  chunks: AsyncIterable<PcmChunk>,
  signal: AbortSignal,
): AsyncGenerator<TokenGrid> {
  if (tokenizer.streaming !== undefined) {
    yield* throughSession(await tokenizer.streaming.open(), chunks, signal);
    return;
  }
  const { sampleRateHz, channelCount } = tokenizer.audioFormat;
  yield await tokenizer.tokenize({ sampleRateHz, channels: await joinedChannels(chunks, channelCount) }, { signal });
}

/** Audio of a grid with its first codebooks; piece by piece where the detokenizer streams. */
export async function* detokenizeGrid(
  detokenizer: SpeechDetokenizerV1,
  grid: TokenGrid,
  codebookCount: number,
  signal: AbortSignal,
): AsyncGenerator<PcmChunk> {
  if (detokenizer.streaming === undefined) {
    yield { ...(await detokenizer.detokenize(grid, { codebookCount, signal })), startSample: 0 };
    return;
  }
  yield* throughSession(await detokenizer.streaming.open({ codebookCount }), piecesOf(grid), signal);
}

/** Chunks one after the other, channel by channel. */
export async function joinedChannels(
  chunks: AsyncIterable<PcmChunk> | Iterable<PcmChunk>,
  channelCount: number,
): Promise<Float32Array<ArrayBuffer>[]> {
  const all: PcmChunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  const empty = new Float32Array(0);
  return Array.from(
    { length: channelCount },
    (_, k) => joined([empty, ...all.map(({ channels }) => channels[k]!)]) as Float32Array<ArrayBuffer>,
  );
}

async function* throughSession<In, Out>(
  session: StreamSession<In, Out>,
  inputs: AsyncIterable<In> | Iterable<In>,
  signal: AbortSignal,
): AsyncGenerator<Out> {
  try {
    for await (const input of inputs) yield* await session.push(input, { signal });
    yield* await session.flush({ signal });
  } finally {
    await session.close();
  }
}

/** Progress is told, and a cancellation noticed, after pieces of about so long. */
const pieceSeconds = 5;

function* piecesOf(grid: TokenGrid): Generator<TokenGrid> {
  const { tokenSpace, startSample, sampleCount } = grid;
  const step = alignmentSamples(tokenSpace);
  if (
    step === undefined ||
    hasSpans(tokenSpace) ||
    tokenSpace.codebooks.some((book) => book.hopSamples === undefined)
  ) {
    yield grid;
    return;
  }
  const piece = Math.ceil((pieceSeconds * tokenSpace.sampleRateHz) / step) * step;
  const end = startSample + sampleCount;
  for (let from = startSample; from < end; ) {
    const to = Math.min(end, Math.floor(from / step) * step + piece);
    yield sliceGrid(grid, from, to);
    from = to;
  }
}
