import type { Streaming, StreamSession } from '../contract/streaming.ts';
import { type Chunking, plainChunking } from './chunkings.ts';
import type { CodebookSettings, CodecSide } from './codec-side.ts';
import { expectSame, expectThat } from './expectations.ts';

/** The streaming side of a subject whose check applies only where there is one. */
export function streamingOf<InputPiece, OutputPiece>(
  side: CodecSide<unknown, unknown, InputPiece, OutputPiece>,
): Streaming<InputPiece, OutputPiece, CodebookSettings> {
  if (side.streaming === undefined) throw new Error('This check was run although there is no streaming side.');
  return side.streaming;
}

/** Runs `use` with a new session and closes the session whatever comes. */
export async function withSession<InputPiece, OutputPiece, Result>(
  side: CodecSide<unknown, unknown, InputPiece, OutputPiece>,
  use: (session: StreamSession<InputPiece, OutputPiece>) => Promise<Result>,
): Promise<Result> {
  const session = await streamingOf(side).open();
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** Pushes an input in pieces, one after the other; the outputs by call. */
export async function pushAll<Input, InputPiece, OutputPiece>(
  side: CodecSide<Input, unknown, InputPiece, OutputPiece>,
  session: StreamSession<InputPiece, OutputPiece>,
  input: Input,
  chunking: Chunking,
  from = 0,
): Promise<OutputPiece[]> {
  const outputs: OutputPiece[] = [];
  let start = from;
  for (const end of chunking) {
    if (end < from) continue;
    outputs.push(...(await session.push(side.pieceOf(input, start, end))));
    start = end;
  }
  return outputs;
}

/** A whole input through a session, flush and all. */
export async function pushAndFlush<Input, InputPiece, OutputPiece>(
  side: CodecSide<Input, unknown, InputPiece, OutputPiece>,
  session: StreamSession<InputPiece, OutputPiece>,
  input: Input,
  chunking: Chunking = plainChunkingOf(side, input),
): Promise<OutputPiece[]> {
  const outputs = await pushAll(side, session, input, chunking);
  outputs.push(...(await session.flush()));
  return outputs;
}

/** A whole input through a new session: what other runs of the stream are compared with. */
export function streamOnce<Input, InputPiece, OutputPiece>(
  side: CodecSide<Input, unknown, InputPiece, OutputPiece>,
  input: Input,
  chunking?: Chunking,
): Promise<OutputPiece[]> {
  return withSession(side, (session) => pushAndFlush(side, session, input, chunking));
}

export function plainChunkingOf<Input>(side: CodecSide<Input, unknown, unknown, unknown>, input: Input): Chunking {
  return plainChunking(side.lengthOf(input), side.stepSamples, side.lengths.period);
}

/** Two runs of a stream gave the same, piece boundaries aside. */
export function expectSameStream<Output, OutputPiece>(
  side: CodecSide<unknown, Output, unknown, OutputPiece>,
  found: readonly OutputPiece[],
  wanted: readonly OutputPiece[],
  problem: string,
): void {
  expectThat(found.length > 0, problem, () => ({ found: 'nothing', wanted: `${wanted.length} pieces` }));
  expectSame(side.differenceOfOutputs(side.joinOutputs(found), side.joinOutputs(wanted)), problem);
}
