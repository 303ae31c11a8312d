import { promisify } from 'node:util';
import { unzip } from 'node:zlib';
import { openFileSource } from '@speech-tokens/core/node/files';
import { type CheckpointTensor, openCheckpoint } from '@speech-tokens/onnx-graph';
import { CentroidFault, centroidError } from './centroid-faults.ts';
import type { Centroids } from './centroids.ts';
import { type NumberArray, readMatrix } from './number-array.ts';
import { isNpy, readNpy } from './read-npy.ts';
import { readSklearnPickle } from './read-sklearn-pickle.ts';

/** 2,000 centroids of 1,280 values take 20 MB in float64; MiniBatchKMeans may have kept the labels of its training set. */
const maximumFileBytes = 1 << 29;
const maximumCount = 65_536;
const maximumWidth = 65_536;
/** Names of the matrix in files that hold several. */
const tensorNames = ['cluster_centers_', 'centroids', 'cluster_centers', 'centers'];

/**
 * Reads the centroids of a k-means clustering: a `.npy` file, a scikit-learn object as joblib (plain or compressed by
 * zlib or gzip) or pickle writes it, a PyTorch file, or a safetensors file. What a file is follows from its bytes. Pickles
 * are read as data and never run. A PyTorch or safetensors file may hold a matrix `projection` [values, width of the
 * features] beside them, which leads to where frames and centroids are compared.
 */
export async function readCentroids(path: string): Promise<Centroids> {
  const start = await readStart(path);
  try {
    const { centroids, projection } = await readArrays(path, start);
    const { values, shape } = readMatrix(centroids);
    const read = checked(values, shape);
    return projection === undefined ? read : { ...read, projection: checkedProjection(readMatrix(projection), read) };
  } catch (cause) {
    if (cause instanceof CentroidFault) throw centroidError(path, cause);
    throw cause;
  }
}

interface Arrays {
  readonly centroids: NumberArray;
  readonly projection?: NumberArray;
}

async function readArrays(path: string, start: Uint8Array): Promise<Arrays> {
  const [first, second] = start;
  if (isNpy(start)) return { centroids: readNpy(await readAll(path)) };
  const isZlib = first === 0x78 && ((first << 8) | second!) % 31 === 0;
  const isGzip = first === 0x1f && second === 0x8b;
  if (isZlib || isGzip) return { centroids: readSklearnPickle(await decompressed(await readAll(path))) };
  // A PyTorch file of the older format is a pickle too, which starts with a number of its own (0x1950a86a20f9469cfc6c).
  const isOldTorch = first === 0x80 && start[2] === 0x8a && start[3] === 0x0a && start[4] === 0x6c;
  if (first === 0x80 && !isOldTorch) return { centroids: readSklearnPickle(await readAll(path)) };
  const name = compressionName(start);
  if (name !== undefined) {
    throw new CentroidFault(
      `The file is compressed by ${name}`,
      name,
      'no compression, zlib or gzip (joblib.dump(…, compress=3))',
    );
  }
  return await readTensors(path);
}

/** A matrix of a PyTorch or safetensors file: the one with a usual name, or the only one. */
async function readTensors(path: string): Promise<Arrays> {
  const { tensors } = await openCheckpoint(path);
  const projection = tensors.get('projection');
  const matrices = [...tensors].filter(([name, { shape }]) => shape.length === 2 && name !== 'projection');
  const named = tensorNames.flatMap((wanted) => matrices.filter(([name]) => name.split('.').at(-1) === wanted));
  const found = named[0] ?? (matrices.length === 1 ? matrices[0] : undefined);
  if (found === undefined) {
    const names = [...tensors.keys()].slice(0, 10).join(', ');
    throw new CentroidFault(
      'The file has no centroids',
      names || 'no tensors',
      `a matrix named ${tensorNames.join(' or ')}`,
    );
  }
  const centroids = await arrayOf(found[1]);
  return projection === undefined ? { centroids } : { centroids, projection: await arrayOf(projection) };
}

async function arrayOf(tensor: CheckpointTensor): Promise<NumberArray> {
  return { type: numpyType(tensor), shape: tensor.shape, columnMajor: false, bytes: await readBytes(tensor) };
}

function numpyType({ elementType }: CheckpointTensor): string {
  const types: Readonly<Record<string, string>> = { float64: '<f8', float32: '<f4', float16: '<f2' };
  return types[elementType] ?? elementType;
}

async function readBytes({ path, offsetBytes, sizeBytes }: CheckpointTensor): Promise<Uint8Array> {
  checkSize(sizeBytes);
  await using source = await openFileSource(path);
  return await source.read(offsetBytes, sizeBytes);
}

async function readStart(path: string): Promise<Uint8Array> {
  await using source = await openFileSource(path);
  return await source.read(0, Math.min(16, source.sizeBytes));
}

async function readAll(path: string): Promise<Uint8Array> {
  await using source = await openFileSource(path);
  checkSize(source.sizeBytes);
  return await source.read(0, source.sizeBytes);
}

async function decompressed(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await promisify(unzip)(bytes, { maxOutputLength: maximumFileBytes });
  } catch (cause) {
    const fault = new CentroidFault(
      'The compressed file is damaged, or too large',
      cause instanceof Error ? cause.message : String(cause),
      `at most ${maximumFileBytes} bytes`,
    );
    fault.cause = cause;
    throw fault;
  }
}

function checkSize(sizeBytes: number): void {
  if (sizeBytes <= maximumFileBytes) return;
  throw new CentroidFault('The file is too large for centroids', `${sizeBytes} bytes`, `at most ${maximumFileBytes}`);
}

function compressionName(start: Uint8Array): string | undefined {
  const text = new TextDecoder('latin1').decode(start);
  if (text.startsWith('BZh')) return 'bzip2';
  if (text.startsWith('\u00fd7zXZ')) return 'xz';
  return text.startsWith(']\0\0') ? 'lzma' : undefined;
}

function checked(values: Float32Array, [count, width]: readonly [number, number]): Centroids {
  if (count < 1 || count > maximumCount || width < 1 || width > maximumWidth) {
    throw new CentroidFault(
      'The centroids are of no usual size',
      `[${count}, ${width}]`,
      `1 to ${maximumCount} of 1 to ${maximumWidth} values`,
    );
  }
  checkFinite('A centroid is no point', values, width);
  return { values, count, width };
}

function checkedProjection(
  { values, shape: [width, featureWidth] }: ReturnType<typeof readMatrix>,
  centroids: Centroids,
): NonNullable<Centroids['projection']> {
  if (width !== centroids.width || featureWidth < 1 || featureWidth > maximumWidth) {
    throw new CentroidFault(
      'The projection does not lead to the centroids',
      `[${width}, ${featureWidth}]`,
      `[${centroids.width}, width of the features]`,
    );
  }
  checkFinite('The projection is no matrix of numbers', values, featureWidth);
  return { values, featureWidth };
}

function checkFinite(problem: string, values: Float32Array, width: number): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new CentroidFault(problem, `${values[at]} in row ${Math.floor(at / width)}`, 'finite values');
}
