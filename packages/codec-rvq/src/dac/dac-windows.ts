import { type WindowLayout, windowLayout } from '../windowed/window-layout.ts';
import type { DacConfig } from './dac-config.ts';
import { decoderReach, encoderReachSamples } from './receptive-field.ts';

/**
 * Frames that one run settles. The encoder's context of 8 frames on either side costs at full rate, so its windows are
 * long; the decoder leaves context out block by block, and short windows stay in the cache. Time for a frame of 44.1 kHz
 * audio (one thread): encoder 10.1 ms with 64, 9.3 with 128, 9.0 with 192, 8.7 with 256, 8.6 with 384; decoder 17.3 ms
 * with 16, 15.5 with 32, 14.8 with 64, 15.5 with 96.
 */
const encoderWindowFrames = 192;
const decoderWindowFrames = 64;

export function encoderWindows(config: DacConfig): WindowLayout {
  return layoutOf(config, encoderWindowFrames, encoderReachSamples(config));
}

export function decoderWindows(config: DacConfig): WindowLayout {
  return layoutOf(config, decoderWindowFrames, decoderReach(config).frames * config.hopSamples);
}

function layoutOf({ hopSamples }: DacConfig, windowFrames: number, contextSamples: number): WindowLayout {
  return windowLayout({
    paddingSamples: hopSamples,
    windowSamples: windowFrames * hopSamples,
    contextBeforeSamples: contextSamples,
    contextAfterSamples: contextSamples,
  });
}
