import {
  type BuiltSafetensorsHeader,
  buildSafetensorsHeader,
  isSpeechTokensError,
  readSafetensorsHeader,
  type SafetensorsHeader,
  type SafetensorsLayout,
  SpeechTokensError,
} from '@speech-tokens/core';
import { type FileSource, openFileSource, writeFileAtomically } from '@speech-tokens/core/node/files';
import { FrameReservoir } from './frame-reservoir.ts';
import { type CheckedKmeansOptions, checkKmeansOptions } from './kmeans-options.ts';
import type { FinishedRun, KmeansRun, TrainingStand } from './kmeans-run.ts';

/** Everything that a training continues from. */
export interface KmeansState {
  readonly options: CheckedKmeansOptions;
  readonly reservoir: FrameReservoir;
  readonly stand: TrainingStand;
  /** Of the caller. */
  readonly notes: Readonly<Record<string, string>>;
}

const version = 1;
const metadataKey = 'speech-tokens.kmeans';

/** Tensors, float64 first so that all lie aligned. Which of them are there follows from where the training stands. */
function layouts({ width, clusterCount }: CheckedKmeansOptions, keptCount: number): readonly SafetensorsLayout[] {
  return [
    { name: 'mean', dtype: 'F64', shape: [width] },
    { name: 'run.counts', dtype: 'F64', shape: [clusterCount] },
    { name: 'run.means', dtype: 'F32', shape: [clusterCount, width] },
    { name: 'best.means', dtype: 'F32', shape: [clusterCount, width] },
    { name: 'frames', dtype: 'F32', shape: [keptCount, width] },
  ];
}

export async function writeKmeansState(path: string, state: KmeansState): Promise<void> {
  const { options, reservoir, stand, notes } = state;
  const { mean, run, best, finishedCount } = stand;
  const values = new Map<string, Float32Array | Float64Array | undefined>([
    ['mean', mean],
    ['run.counts', run?.counts],
    ['run.means', run?.means],
    ['best.means', best?.means],
  ]);
  const present = layouts(options, reservoir.keptCount).filter(
    ({ name }) => name === 'frames' || values.get(name) !== undefined,
  );
  const plain = <T extends object>(part: T | undefined): T | undefined =>
    part && { ...part, means: undefined, counts: undefined };
  const text = JSON.stringify({
    version,
    options,
    seenCount: reservoir.seenCount,
    random: reservoir.saveRandom(),
    finishedCount,
    run: plain(run),
    best: plain(best),
    notes,
  });
  const header: BuiltSafetensorsHeader = buildSafetensorsHeader(present, new Map([[metadataKey, text]]));
  await writeFileAtomically(path, async (sink) => {
    await sink.write(header.bytes);
    for (const { name } of present) {
      if (name !== 'frames') await sink.write(bytesOf(values.get(name)!));
    }
    for (const block of reservoir.blocks()) await sink.write(bytesOf(block.values));
  });
}

/**
 * Reads what `writeKmeansState` wrote.
 * @throws SpeechTokensError `file-read`, `checkpoint-invalid`
 */
export async function readKmeansState(path: string, signal?: AbortSignal): Promise<KmeansState> {
  await using source = await openFileSource(path);
  const header = await readSafetensorsHeader(source, { path, ...(signal === undefined ? {} : { signal }) });
  const { options, seenCount, random, finishedCount, run, best, notes, hasMean } = parseState(header, path);
  const { width } = options;
  const read = (name: string): Promise<Uint8Array> => readTensor(source, header, name);
  const floats = async (name: string): Promise<Float32Array> =>
    finite(new Float32Array((await read(name)).buffer), { name, width, path });
  const doubles = async (name: string): Promise<Float64Array> =>
    finite(new Float64Array((await read(name)).buffer), { name, width, path });
  const reservoir = FrameReservoir.restore(options, random, seenCount);
  let at = header.tensors.get('frames')!.offsetBytes;
  for (const { firstFrame, values } of reservoir.blocks()) {
    signal?.throwIfAborted();
    bytesOf(values).set(await source.read(at, values.byteLength));
    finite(values, { name: 'frames', width, path, firstFrame });
    at += values.byteLength;
  }
  const stand: TrainingStand = {
    finishedCount,
    ...(hasMean ? { mean: await doubles('mean') } : {}),
    ...(run === undefined
      ? {}
      : { run: { ...run, means: await floats('run.means'), counts: await doubles('run.counts') } }),
    ...(best === undefined ? {} : { best: { ...best, means: await floats('best.means') } }),
  };
  return { options, reservoir, stand, notes };
}

/** @throws SpeechTokensError `checkpoint-invalid` that names the first frame, or centroid, with a value that is not finite */
function finite<Values extends Float32Array | Float64Array>(
  values: Values,
  {
    name,
    width,
    path,
    firstFrame = 0,
  }: { readonly name: string; readonly width: number; readonly path: string; readonly firstFrame?: number },
): Values {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return values;
  throw new SpeechTokensError('checkpoint-invalid', {
    problem: `This saved training of k-means holds values that are no features (${path})`,
    found: `${values[at]} in row ${firstFrame + Math.floor(at / width)} of ${name}`,
    wanted: 'finite values',
    remedy: 'Remove the file and train anew',
    details: { path },
  });
}

interface ParsedState extends Pick<KmeansState, 'options' | 'notes'> {
  readonly seenCount: number;
  readonly random: { readonly seed: string; readonly words: readonly [number, number, number, number] };
  readonly finishedCount: number;
  readonly run: Omit<KmeansRun, 'means' | 'counts'> | undefined;
  readonly best: Omit<FinishedRun, 'means'> | undefined;
  readonly hasMean: boolean;
}

function parseState({ metadata, tensors }: SafetensorsHeader, path: string): ParsedState {
  const fail = (found: string, wanted: string, cause?: unknown): Error =>
    new SpeechTokensError('checkpoint-invalid', {
      problem: `This is no saved training of k-means (${path})`,
      found,
      wanted,
      remedy: 'Remove the file and train anew',
      details: { path },
      ...(cause === undefined ? {} : { cause }),
    });
  const text = metadata.get(metadataKey);
  if (text === undefined) throw fail('other metadata', metadataKey);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw fail('metadata that is no JSON', 'JSON', cause);
  }
  const state = record(json);
  if (state['version'] !== version) throw fail(`version ${JSON.stringify(state['version'])}`, `version ${version}`);
  const options = parseOptions(state['options'], fail);
  const integer = (from: Readonly<Record<string, unknown>>, name: string, most = Number.MAX_SAFE_INTEGER): number => {
    const value = from[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
    throw fail(`${name} ${JSON.stringify(value)}`, `an integer from 0 to ${most}`);
  };
  const inertia = (value: unknown): number => {
    if (typeof value === 'number' && value >= 0) return value;
    throw fail(`inertia ${JSON.stringify(value)}`, 'a number of 0 or more');
  };
  const pass = (from: Readonly<Record<string, unknown>>) => ({
    restart: integer(from, 'restart', options.restartCount),
    iterations: integer(from, 'iterations', options.maxIterations),
    isConverged: from['isConverged'] === true,
  });
  const seenCount = integer(state, 'seenCount');
  const [run, best] = [state['run'], state['best']].map((part) => (part === undefined ? undefined : record(part)));
  const random = record(state['random']);
  const words = random['words'];
  const areWords =
    Array.isArray(words) && words.length === 4 && words.every((word) => Number.isInteger(word) && word === (word | 0));
  if (typeof random['seed'] !== 'string' || !areWords) throw fail(JSON.stringify(random), 'a seed and four words');
  const notes = Object.entries(record(state['notes']));
  if (!notes.every(([, value]) => typeof value === 'string')) throw fail('notes of another kind', 'texts by name');
  const wanted = new Map(
    layouts(options, Math.min(seenCount, options.maxFrames)).map((layout) => [layout.name, layout]),
  );
  const hasMean = tensors.has('mean');
  const names = [
    ...(hasMean ? ['mean'] : []),
    ...(run === undefined ? [] : ['run.counts', 'run.means']),
    ...(best === undefined ? [] : ['best.means']),
    'frames',
  ];
  for (const name of names) {
    const [found, { dtype, shape }] = [tensors.get(name), wanted.get(name)!];
    if (found?.dtype === dtype && found.shape.join() === shape.join()) continue;
    throw fail(found ? `${name}: ${found.dtype} [${found.shape}]` : `no ${name}`, `${dtype} [${shape}]`);
  }
  if (!hasMean && names.length > 1) throw fail('no mean', 'the mean of the frames, which is there once training began');
  const finishedCount = integer(state, 'finishedCount', options.restartCount);
  if (finishedCount > 0 !== (best !== undefined)) throw fail(`${finishedCount} finished`, 'a best one of them');
  return {
    options,
    seenCount,
    random: { seed: random['seed'], words: words as [number, number, number, number] },
    finishedCount,
    run: run && { ...pass(run), ...(run['inertia'] === undefined ? {} : { inertia: inertia(run['inertia']) }) },
    best: best && { ...pass(best), inertia: inertia(best['inertia']), emptyCount: integer(best, 'emptyCount') },
    notes: Object.fromEntries(notes) as Record<string, string>,
    hasMean,
  };
}

function parseOptions(value: unknown, fail: (found: string, wanted: string, cause?: unknown) => Error) {
  const { batchFrames, ...options } = record(value) as Partial<CheckedKmeansOptions>;
  if (typeof options.seed !== 'string') throw fail(`seed ${JSON.stringify(options.seed)}`, 'a text');
  try {
    const given = { ...options, ...(batchFrames === 0 ? {} : { batchFrames }) };
    return checkKmeansOptions(given as CheckedKmeansOptions);
  } catch (cause) {
    if (!isSpeechTokensError(cause)) throw cause;
    throw fail(cause.message, 'the options of a training', cause);
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

async function readTensor(source: FileSource, { tensors }: SafetensorsHeader, name: string): Promise<Uint8Array> {
  const { offsetBytes, sizeBytes } = tensors.get(name)!;
  const bytes = new Uint8Array(sizeBytes);
  bytes.set(await source.read(offsetBytes, sizeBytes));
  return bytes;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
