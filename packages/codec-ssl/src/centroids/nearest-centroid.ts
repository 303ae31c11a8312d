import {
  argMaxLast,
  type GraphBuilder,
  type GraphTensor,
  projection,
  reshape,
  subtract,
} from '@speech-tokens/onnx-graph';
import { type Centroids, featureWidthOf } from './centroids.ts';

/**
 * The number of the nearest centroid of each frame: `features [frames, width] → int64 [frames]`, the first where several
 * are as near. One product: argmin ‖x − c‖² = argmax (2 x·c − ‖c‖²). Both are counted from the mean of all centroids, since
 * features may lie far from zero, and distances between large numbers would lose digits.
 */
export function nearestCentroid(g: GraphBuilder, features: GraphTensor, centroids: Centroids): GraphTensor {
  const { values, count, width } = centroids;
  const featureWidth = featureWidthOf(centroids);
  if (features.shape[1] !== featureWidth) {
    throw g.error('centroids', `${featureWidth} values each`, `${features.shape[1]}, the width of the features`);
  }
  const mean = new Float64Array(width);
  for (const [i, value] of values.entries()) mean[i % width]! += value / count;
  // The offset that the graph subtracts is a float32: so is the one here.
  const offset = Float32Array.from(mean);
  const centred = values.map((value, i) => value - offset[i % width]!);
  const penalties = new Float32Array(count);
  for (let k = 0; k < count; k++) {
    let norm = 0;
    for (let i = 0; i < width; i++) norm += centred[k * width + i]! ** 2;
    penalties[k] = -norm;
  }
  const nearness = projection(
    g,
    g.constant(centred, [count, width]),
    subtract(g, compared(g, features, centroids), g.constant(offset, [width])),
    {
      scale: 2,
      bias: g.constant(penalties, [count]),
    },
  );
  return reshape(g, argMaxLast(g, nearness), [features.shape[0]!]);
}

function compared(g: GraphBuilder, features: GraphTensor, { width, projection: given }: Centroids): GraphTensor {
  if (given === undefined) return features;
  return projection(g, g.constant(given.values, [width, given.featureWidth]), features);
}
