import { add, concat, lstmLayer, slice, type WeightScope } from '@speech-tokens/onnx-graph';
import type { ChainLink } from '../staged/graph-chain.ts';
import type { EncodecConfig } from './encodec-config.ts';
import { encoderLstmIndex, widestChannels } from './seanet.ts';

/**
 * Frames of one run of a layer. Its weights are read for every frame, whatever the length; short runs let the next layer,
 * on another thread with caches of its own, follow closely.
 */
const framesPerRun = 10;

/**
 * The LSTM in the middle of a network, `features [frames, width] → [frames, width]`, its input added to its output: one
 * link a layer. Between two of them, the input goes along: `[frames, 2 · width]`.
 */
export function lstmLinks(
  side: 'encoder' | 'decoder',
  weights: WeightScope,
  config: EncodecConfig,
): readonly ChainLink[] {
  const index = side === 'encoder' ? encoderLstmIndex(config) : 1;
  const lstm = weights.scope(side).scope('layers').scope(index).scope('lstm');
  const width = widestChannels(config);
  const count = config.lstmLayerCount;
  return Array.from({ length: count }, (_, layer) => ({
    output: `remembered.${layer}`,
    framesPerRun,
    apply(g, x) {
      const [input, around] = layer === 0 ? [x, x] : [slice(g, x, 1, 0, width), slice(g, x, 1, width, 2 * width)];
      const y = g.scope(`${side}.${index}.${layer}`, () => lstmLayer(g, lstm, input, layer));
      return layer + 1 === count ? add(g, y, around) : concat(g, [y, around], 1);
    },
  }));
}
