import {
  add,
  type BuiltGraph,
  convNextBlock,
  GraphBuilder,
  type GraphTensor,
  gatherRows,
  layerNorm,
  linear,
  multiplyDim,
  reshape,
  sourceFilter,
  sourceFilterWidth,
  splitRows,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { UnitVocoderConfig, VocoderBlocks } from './unit-vocoder-config.ts';

/**
 * Units to sound, with the state of every layer carried: `units int32 [frames], voice int32 [frames], noise
 * [frames · hop] → samples [frames · hop]`. The sound lies `delayFrames` behind the units. A unit equal to `unitCount` is
 * none: what lies outside of the recording.
 *
 * Blocks at 50 and at 100 frames a second give, for each 10 ms, a pitch and two spectral envelopes, which `sourceFilter`
 * makes sound of. Written beside tools/train/vocoder/vocoder_model.py, which it must equal.
 */
export function buildUnitVocoderGraph(config: UnitVocoderConfig, weights: WeightScope, unitCount: number): BuiltGraph {
  const g = new GraphBuilder('unit vocoder');
  const { slow, fast, hopSamples } = config;
  const frames = symbolicDim('frames');
  const units = g.input('units', 'int32', [frames]);
  const voice = g.input('voice', 'int32', [frames]);
  const noise = g.input('noise', 'float32', [multiplyDim(frames, hopSamples)]);

  const embedding = weights.scope('units').tensor(g, `k${unitCount}`, [unitCount + 1, slow.channels]);
  const voices = weights.tensor(g, 'voices', [config.voices.length, slow.channels]);
  const input = add(g, gatherRows(g, embedding, units), gatherRows(g, voices, voice));
  const slowRows = blockStack(g, 'blocks_50hz', weights, input, slow);
  const fastInput = g.scope('upsample', () =>
    splitRows(g, linear(g, weights.scope('upsample'), slowRows, 2 * fast.channels), 2),
  );
  const fastRows = blockStack(g, 'blocks_100hz', weights, fastInput, fast);
  const source = { ...config, ...config.spectrum, hopSamples: hopSamples / 2 };
  const head = g.scope('head', () =>
    linear(g, weights.scope('head'), layerNorm(g, fastRows, 1e-6), sourceFilterWidth(source)),
  );
  const noiseHops = reshape(g, noise, [multiplyDim(frames, 2), source.hopSamples]);
  const samples = g.scope('filter', () => sourceFilter(g, head, noiseHops, source));
  g.output('samples', reshape(g, samples, [multiplyDim(frames, hopSamples)]));
  return g.build();
}

function blockStack(
  g: GraphBuilder,
  name: string,
  weights: WeightScope,
  x: GraphTensor,
  stack: VocoderBlocks,
): GraphTensor {
  let y = x;
  for (let i = 0; i < stack.blocks; i++) {
    g.scope(`${name}.${i}`, () => {
      y = convNextBlock(g, weights.scope(name).scope(i), y, stack);
    });
  }
  return y;
}
