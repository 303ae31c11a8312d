import type { EncodecConfig } from './encodec-config.ts';

/** How far results depend on what lies around them. */
export interface Reach {
  readonly before: number;
  readonly after: number;
}

/** Padding of a convolution that looks to both sides. Source: huggingface/transformers, `EncodecConv1d.forward`. */
export function convPadding(kernelSize: number, stride = 1, dilation = 1): Reach {
  const total = dilation * (kernelSize - 1) + 1 - stride;
  const after = Math.floor(total / 2);
  return { before: total - after, after };
}

/** What a transposed convolution with a kernel of two strides trims off its result. */
export function transposedTrim(stride: number): Reach {
  const after = Math.floor(stride / 2);
  return { before: stride - after, after };
}

/** Samples around a run of frames that its features depend on: the encoder before its LSTM. */
export function downsamplingReach(config: EncodecConfig): Reach {
  let reach: Reach = { before: 0, after: 0 };
  // From the features back to the samples: the encoder's strides are the decoder's backwards.
  for (const stride of config.ratios) {
    const padding = convPadding(2 * stride, stride);
    reach = { before: reach.before * stride + padding.before, after: reach.after * stride + padding.after };
    reach = sum(reach, residualReach(config));
  }
  return sum(reach, convPadding(config.kernelSize));
}

/** Frames around a run of frames that its samples depend on: the decoder after its LSTM. */
export function upsamplingReach(config: EncodecConfig): Reach {
  let reach = convPadding(config.lastKernelSize);
  for (const stride of [...config.ratios].reverse()) {
    const { before, after } = sum(reach, residualReach(config));
    const trim = transposedTrim(stride);
    // Result u of the untrimmed convolution comes from inputs ⌊u / stride⌋ − 1 and ⌊u / stride⌋.
    reach = {
      before: 1 - Math.floor((trim.before - before) / stride),
      after: Math.floor((after - 1 + trim.before) / stride) + 1,
    };
  }
  return reach;
}

function residualReach({ residualLayerCount, residualKernelSize, dilationGrowth }: EncodecConfig): Reach {
  let reach: Reach = { before: 0, after: 0 };
  for (let j = 0; j < residualLayerCount; j++) {
    reach = sum(reach, convPadding(residualKernelSize, 1, dilationGrowth ** j));
  }
  return reach;
}

function sum(a: Reach, b: Reach): Reach {
  return { before: a.before + b.before, after: a.after + b.after };
}
