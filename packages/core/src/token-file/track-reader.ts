import type { ByteSource } from '../bytes/byte-source.ts';
import { readUnsignedIntegers } from '../bytes/little-endian.ts';
import type { CallOptions } from '../contract/call-options.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import type { TokenTrack } from '../tokens/token-grid.ts';
import { createRunIndex, type RunIndex } from './run-index.ts';
import type { IntegerTensor, TrackTensors } from './token-file-layout.ts';

/** Reads parts of one track. */
export interface TrackReader {
  /** The track's frames [from, to); `to` may lie beyond the end. */
  readFrames(from: number, to: number, options: Pick<CallOptions, 'signal'>): Promise<TokenTrack>;
  readAll(options: Pick<CallOptions, 'signal'>): Promise<TokenTrack>;
}

/** @param unsplittable the codebook's name where its ids stand for several frames that must stay together */
export function createTrackReader(
  source: ByteSource,
  { ids, durationsFrames, runDurationsFrames }: TrackTensors,
  unsplittable: string | undefined,
): TrackReader {
  const readIntegers = async (
    { offsetBytes, widthBytes, length }: IntegerTensor,
    from: number,
    to: number,
    options: Pick<CallOptions, 'signal'>,
  ): Promise<Uint32Array> => {
    const [first, end] = [Math.min(from, length), Math.min(to, length)];
    const bytes = await source.read(offsetBytes + first * widthBytes, (end - first) * widthBytes, options);
    return readUnsignedIntegers(bytes, widthBytes);
  };
  const readAll: TrackReader['readAll'] = async (options) => {
    const readWhole = (tensor: IntegerTensor): Promise<Uint32Array> => readIntegers(tensor, 0, tensor.length, options);
    return {
      ids: await readWhole(ids),
      ...(durationsFrames === undefined ? {} : { durationsFrames: await readWhole(durationsFrames) }),
      ...(runDurationsFrames === undefined ? {} : { runDurationsFrames: await readWhole(runDurationsFrames) }),
    };
  };
  if (durationsFrames === undefined) {
    return { readAll, readFrames: async (from, to, options) => ({ ids: await readIntegers(ids, from, to, options) }) };
  }

  const index = createRunIndex(source, durationsFrames);
  const indexOfRuns = runDurationsFrames === undefined ? undefined : createRunIndex(source, runDurationsFrames);
  return {
    readAll,
    async readFrames(from, to, options) {
      const { firstIndex, durations } = await readDurations(index, { from, to, unsplittable }, options);
      return {
        ids: await readIntegers(ids, firstIndex, firstIndex + durations.length, options),
        durationsFrames: Uint32Array.from(durations),
        ...(indexOfRuns === undefined
          ? {}
          : {
              runDurationsFrames: Uint32Array.from(
                (await readDurations(indexOfRuns, { from, to, unsplittable }, options)).durations,
              ),
            }),
      };
    },
  };
}

interface FrameRange {
  readonly from: number;
  readonly to: number;
  readonly unsplittable: string | undefined;
}

/** The durations within a range of frames, those at its ends cut to it, and the number of the first one. */
async function readDurations(
  index: RunIndex,
  { from, to, unsplittable }: FrameRange,
  options: Pick<CallOptions, 'signal'>,
): Promise<{ readonly firstIndex: number; readonly durations: readonly number[] }> {
  let firstIndex = 0;
  const durations: number[] = [];
  for await (const block of index.blocks(from, to, options)) {
    let frame = block.firstFrame;
    for (let i = 0; i < block.durationsFrames.length && frame < to; i++) {
      const endFrame = frame + (block.durationsFrames[i] as number);
      if (endFrame > from) {
        if (durations.length === 0) firstIndex = block.firstIndex + i;
        if (unsplittable !== undefined && (frame < from || endFrame > to))
          throw cutsSpan(unsplittable, frame, endFrame);
        durations.push(Math.min(endFrame, to) - Math.max(frame, from));
      }
      frame = endFrame;
    }
  }
  return { firstIndex, durations };
}

function cutsSpan(codebook: string, firstFrame: number, endFrame: number): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `The range cuts through a token of codebook ${codebook} that spans several frames`,
    found: `a token of frames ${firstFrame} to ${endFrame}`,
    wanted: 'a range that holds it in whole',
    remedy: 'Read all tokens, undo the transform that made such tokens, and cut then',
    details: { argument: 'range' },
  });
}
