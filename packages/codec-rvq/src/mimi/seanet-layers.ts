import { positionsPerFrame, type SeanetConfig } from './mimi-config.ts';

/**
 * One layer of a SEANet, numbered as in the checkpoints, which count activations too. `steps` are those of one frame of
 * codes.
 */
export type SeanetLayer = {
  readonly index: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inSteps: number;
  readonly outSteps: number;
} & (
  | { readonly kind: 'conv'; readonly kernelSize: number; readonly stride: number }
  | { readonly kind: 'transposed-conv'; readonly stride: number }
  | { readonly kind: 'residual'; readonly dilation: number }
  | { readonly kind: 'elu' }
);

type Draft<Layer = SeanetLayer> = Layer extends SeanetLayer ? Omit<Layer, 'index' | 'inChannels' | 'inSteps'> : never;

/**
 * Audio → features of width `latentWidth`.
 * Source: Défossez et al., "Moshi" (2024); kyutai-labs/moshi, moshi/moshi/modules/seanet.py.
 */
export function encoderLayers(config: SeanetConfig, latentWidth: number): readonly SeanetLayer[] {
  const { filterCount, ratios, kernelSize, lastKernelSize } = config;
  let outSteps = ratios.reduce((product, ratio) => product * ratio, positionsPerFrame);
  let outChannels = filterCount;
  const input = { inChannels: 1, inSteps: outSteps };
  const drafts: Draft[] = [{ kind: 'conv', kernelSize, stride: 1, outChannels, outSteps }];
  for (const stride of [...ratios].reverse()) {
    drafts.push(...residualLayers(config, outChannels, outSteps), { kind: 'elu', outChannels, outSteps });
    outSteps /= stride;
    outChannels *= 2;
    drafts.push({ kind: 'conv', kernelSize: 2 * stride, stride, outChannels, outSteps });
  }
  drafts.push({ kind: 'elu', outChannels, outSteps });
  drafts.push({ kind: 'conv', kernelSize: lastKernelSize, stride: 1, outChannels: latentWidth, outSteps });
  return linked(drafts, input);
}

/** Features of width `latentWidth` → audio. */
export function decoderLayers(config: SeanetConfig, latentWidth: number): readonly SeanetLayer[] {
  const { filterCount, ratios, kernelSize, lastKernelSize } = config;
  let outSteps = positionsPerFrame;
  let outChannels = filterCount * 2 ** ratios.length;
  const drafts: Draft[] = [{ kind: 'conv', kernelSize, stride: 1, outChannels, outSteps }];
  for (const stride of ratios) {
    drafts.push({ kind: 'elu', outChannels, outSteps });
    outSteps *= stride;
    outChannels /= 2;
    drafts.push({ kind: 'transposed-conv', stride, outChannels, outSteps });
    drafts.push(...residualLayers(config, outChannels, outSteps));
  }
  drafts.push({ kind: 'elu', outChannels, outSteps });
  drafts.push({ kind: 'conv', kernelSize: lastKernelSize, stride: 1, outChannels: 1, outSteps });
  return linked(drafts, { inChannels: latentWidth, inSteps: positionsPerFrame });
}

function residualLayers(config: SeanetConfig, outChannels: number, outSteps: number): Draft[] {
  return Array.from({ length: config.residualLayerCount }, (_, j) => ({
    kind: 'residual',
    dilation: config.dilationGrowth ** j,
    outChannels,
    outSteps,
  }));
}

/** What goes into a layer is what comes out of the one before. */
function linked(
  drafts: readonly Draft[],
  input: { readonly inChannels: number; readonly inSteps: number },
): readonly SeanetLayer[] {
  let last = input;
  return drafts.map((draft, index) => {
    const layer: SeanetLayer = { ...draft, index, ...last };
    last = { inChannels: layer.outChannels, inSteps: layer.outSteps };
    return layer;
  });
}
