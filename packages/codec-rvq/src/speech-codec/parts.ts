import { convNextBlock, type GraphBuilder, type GraphTensor, type WeightScope } from '@speech-tokens/onnx-graph';
import type { BlockStackConfig, SpeechCodecConfig } from './speech-codec-config.ts';

/** The codebooks that encoder and decoder share: `[count, size, width]`. */
export function codebooks(g: GraphBuilder, config: SpeechCodecConfig, weights: WeightScope): GraphTensor {
  const shape = [config.codebookCount, config.codebookSize, config.latentWidth];
  return weights.scope('quantizer').tensor(g, 'codebooks', shape);
}

/** ConvNeXt blocks one after another, with the weights `name.0.…`, `name.1.…` */
export function blockStack(
  g: GraphBuilder,
  name: string,
  weights: WeightScope,
  x: GraphTensor,
  stack: BlockStackConfig,
): GraphTensor {
  let y = x;
  for (let i = 0; i < stack.blocks; i++) {
    g.scope(`${name}.${i}`, () => {
      y = convNextBlock(g, weights.scope(name).scope(i), y, stack);
    });
  }
  return y;
}
