import { fileFingerprint } from '@speech-tokens/core';
import type { FrameWindows } from './frame-windows.ts';

/** Everything that decides which features, or units, the same audio gives. */
export interface FingerprintParts {
  /** Of every file that is read, in a fixed order. */
  readonly sha256s: readonly string[];
  readonly layer: number;
  readonly normalizeWaveform: boolean | undefined;
  readonly windows: FrameWindows;
}

/** Twelve hexadecimal digits. */
export function encoderFingerprint({ sha256s, layer, normalizeWaveform, windows }: FingerprintParts): string {
  const { wholeFrames, contextFrames, minimumFrames } = windows;
  const settings = [layer, normalizeWaveform ?? null, wholeFrames, contextFrames, minimumFrames ?? 1];
  return fileFingerprint(sha256s, settings);
}
