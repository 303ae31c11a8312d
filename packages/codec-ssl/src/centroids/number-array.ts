import { halfToNumber } from '@speech-tokens/onnx-graph';
import { CentroidFault } from './centroid-faults.ts';

/** Number types of NumPy, by kind and bytes: what `dtype.str` says after the byte order. */
const readers = {
  f2: (view: DataView, at: number, little: boolean) => halfToNumber(view.getUint16(at, little)),
  f4: (view: DataView, at: number, little: boolean) => view.getFloat32(at, little),
  f8: (view: DataView, at: number, little: boolean) => view.getFloat64(at, little),
} as const;

/** An array of a `.npy` file or a pickle, as it lies there. */
export interface NumberArray {
  /** For example `<f4`. */
  readonly type: string;
  readonly shape: readonly number[];
  /** Whether the first index changes fastest (Fortran order). */
  readonly columnMajor: boolean;
  readonly bytes: Uint8Array;
}

/**
 * The values of a matrix of floats, row by row.
 * @throws CentroidFault when it is no such matrix, or its bytes are not as many
 */
export function readMatrix({ type, shape, columnMajor, bytes }: NumberArray): {
  readonly values: Float32Array;
  readonly shape: readonly [rows: number, columns: number];
} {
  const read = Object.hasOwn(readers, type.slice(1)) ? readers[type.slice(1) as keyof typeof readers] : undefined;
  if (read === undefined || !/^[<>=]/.test(type)) {
    throw new CentroidFault('The centroids are not floats', JSON.stringify(type.slice(0, 40)), 'f2, f4 or f8');
  }
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined) {
    throw new CentroidFault('The centroids are no matrix', `[${shape.join(', ')}]`, '[clusters, width]');
  }
  const elementBytes = Number(type.slice(2));
  if (rows * columns * elementBytes !== bytes.byteLength) {
    throw new CentroidFault(
      'The array of centroids is cut off, or goes on',
      `${bytes.byteLength} bytes`,
      `${rows} · ${columns} · ${elementBytes}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = columnMajor ? column * rows + row : row * columns + column;
      values[row * columns + column] = read(view, at * elementBytes, type[0] !== '>');
    }
  }
  return { values, shape: [rows, columns] };
}
