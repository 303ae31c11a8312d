import type { SafetensorsHeader, SafetensorsTensor } from '../safetensors/read-safetensors-header.ts';
import { alignmentSamples, sideRows, trackFrameCounts } from '../tokens/frame-clock.ts';
import { type SideTrackShape, type TokenFileMetadata, tensorNames, tokenFileError } from './token-file-metadata.ts';

export interface IntegerTensor extends SafetensorsTensor {
  readonly widthBytes: 1 | 2 | 4;
  readonly length: number;
}

export interface TrackTensors {
  readonly ids: IntegerTensor;
  readonly durationsFrames?: IntegerTensor;
  readonly runDurationsFrames?: IntegerTensor;
}

export interface SideTrackTensor {
  readonly shape: SideTrackShape;
  readonly tensor: SafetensorsTensor;
}

/** Where everything lies in a token file. */
export interface TokenFileLayout {
  readonly tracks: readonly TrackTensors[];
  readonly sideTracks: readonly SideTrackTensor[];
}

/**
 * Finds the tensors of a token file and checks as much of them as the header shows. Tensors of other names are left
 * alone: later versions and other programs may add some.
 * @throws SpeechTokensError `token-file-invalid`
 */
export function findTensors(header: SafetensorsHeader, metadata: TokenFileMetadata, path: string): TokenFileLayout {
  const { tokenSpace, startSample, sampleCount } = metadata;
  if (!Number.isSafeInteger(startSample + sampleCount)) {
    throw invalid(path, 'The tokens end too late', `sample ${startSample + sampleCount}`, 'an end below 2^53');
  }
  const step = alignmentSamples(tokenSpace);
  if (sampleCount > 0 && step !== undefined && startSample % step !== 0) {
    throw invalid(path, 'The tokens do not start on a frame', `start_sample ${startSample}`, `a multiple of ${step}`);
  }
  const find = (name: string): SafetensorsTensor => {
    const tensor = header.tensors.get(name);
    if (tensor === undefined) throw invalid(path, `The tensor ${name} is missing`, 'no such tensor', 'a tensor');
    return tensor;
  };
  const findIntegers = (name: string): IntegerTensor => {
    const tensor = find(name);
    const widthBytes = ({ U8: 1, U16: 2, U32: 4 } as const)[tensor.dtype as string];
    if (widthBytes === undefined || tensor.shape.length !== 1) {
      const found = `${tensor.dtype} [${tensor.shape.join(', ')}]`;
      throw invalid(path, `The tensor ${name} does not hold ids`, found, 'a list of U8, U16 or U32');
    }
    return { ...tensor, widthBytes, length: tensor.shape[0] as number };
  };

  const tracks: TrackTensors[] = [];
  for (let index = 0; index < tokenSpace.codebooks.length; index++) {
    if (index > 0 && !header.tensors.has(tensorNames.ids(index))) break;
    const ids = findIntegers(tensorNames.ids(index));
    if (tokenSpace.durations === undefined) {
      tracks.push({ ids });
      continue;
    }
    const durationsFrames = findIntegers(tensorNames.durations(index));
    if (durationsFrames.length !== ids.length) {
      const name = tensorNames.durations(index);
      throw invalid(path, `The tensor ${name} does not fit its ids`, `${durationsFrames.length}`, `${ids.length}`);
    }
    tracks.push({
      ids,
      durationsFrames,
      ...(tokenSpace.durations === 'spans-of-runs'
        ? { runDurationsFrames: findIntegers(tensorNames.runDurations(index)) }
        : {}),
    });
  }
  checkCover(tracks, metadata, path);

  const range = { startSample, endSample: startSample + sampleCount };
  const sideTracks = metadata.sideTracks.map((shape) => {
    const name = tensorNames.side(shape.name);
    const tensor = find(name);
    const { rowCount } = sideRows(shape.hopSamples, range);
    const found = `${tensor.dtype} [${tensor.shape.join(', ')}]`;
    const wanted = `F32 [${rowCount}, ${shape.valuesPerFrame}]`;
    if (found !== wanted) throw invalid(path, `The tensor ${name} does not cover the samples`, found, wanted);
    return { shape, tensor };
  });
  return { tracks, sideTracks };
}

/** Tracks without durations show in the header already whether they cover the samples. */
function checkCover(
  tracks: readonly TrackTensors[],
  { tokenSpace, sampleCount }: TokenFileMetadata,
  path: string,
): void {
  const counts = trackFrameCounts(tokenSpace, sampleCount);
  if (counts === undefined || tokenSpace.durations !== undefined) return;
  const fits = (wanted: readonly number[]) => tracks.every(({ ids }, index) => ids.length === wanted[index]);
  if (fits(counts.exact) || fits(counts.padded)) return;
  const found = tracks.map(({ ids }) => ids.length).join(', ');
  const wanted = counts.exact.slice(0, tracks.length).join(', ');
  throw invalid(path, `The tracks do not cover the ${sampleCount} samples`, `${found} ids`, `${wanted} ids`);
}

function invalid(path: string, problem: string, found: string, wanted: string): Error {
  return tokenFileError(path, { problem, found, wanted, remedy: 'Make the tokens again' });
}
