import { type WindowLayout, windowLayout } from '../windowed/window-layout.ts';
import type { DacConfig } from './dac-config.ts';
import { decoderReach, encoderReachSamples } from './receptive-field.ts';

/** Frames that one run of the encoder settles. Its context costs at full rate, so windows are long. */
const encoderWindowFrames = 128;
/** Of the decoder: it leaves context out early, and short windows stay in the cache. */
const decoderWindowFrames = 64;

export function encoderWindows(config: DacConfig): WindowLayout {
  const reach = encoderReachSamples(config);
  return layoutOf(config, encoderWindowFrames, reach);
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
