import type { TokenSpace } from '@speech-tokens/core';
import type { FrameLayout } from '../../layout/frame-layout.ts';

/** The channel of the layout. */
export const musicChannel = 'music';

/**
 * MusicGen's delay pattern: codebook k stands k steps after the first one, and a step of pads comes before all.
 * Source: Copet et al., "Simple and Controllable Music Generation", 2023; huggingface/transformers,
 * models/musicgen/modeling_musicgen.py (`build_delay_pattern_mask`; for fewer than three frames it leaves the pattern
 * away, which is not done here). The pad is the id after the codes.
 * @param space of EnCodec at 32 kHz: four codebooks of 2,048
 */
export function musicgenLayout(space: TokenSpace): FrameLayout {
  return {
    channels: { [musicChannel]: space },
    initialSteps: 1,
    streams: space.codebooks.map(({ name, size }, codebook) => ({
      name,
      role: 'out',
      vocabularySize: size,
      delaySteps: codebook,
      initialId: size,
      padId: size,
      slot: { channel: musicChannel, codebook, frame: 0, idOffset: 0 },
    })),
  };
}
