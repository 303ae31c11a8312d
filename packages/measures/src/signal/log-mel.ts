import { SpeechTokensError } from '@speech-tokens/core';
import { createMelBank } from './mel-bank.ts';
import { createPowerSpectrum } from './power-spectrum.ts';

/** How log-mel energies are computed. */
export interface LogMelSettings {
  readonly sampleRateHz: number;
  /** Length of window and transform; a power of two. */
  readonly fftSize: number;
  readonly hopSamples: number;
  readonly bandCount: number;
  /** Added to a band's power before the natural logarithm. */
  readonly powerFloor: number;
}

/** What the project's figures are measured with: 16 kHz, 512-point periodic Hann, hop 160, 40 bands from 0 to 8 kHz. */
export const speechLogMel: LogMelSettings = {
  sampleRateHz: 16_000,
  fftSize: 512,
  hopSamples: 160,
  bandCount: 40,
  powerFloor: 1e-6,
};

/** Log-mel energies of one stream of samples, frame by frame. */
export interface LogMelAnalyzer {
  /**
   * Gives samples, of any count. `onFrame` gets each frame that is complete by now: `[bandCount]` values of
   * ln(power + floor). The array is used again for the next frame: copy what must last.
   */
  push(samples: Float32Array, onFrame: (energies: Float64Array) => void): void;
  /** Ends the stream. Only a stream shorter than one window gives a frame here, filled up with zeros. */
  flush(onFrame: (energies: Float64Array) => void): void;
}

/**
 * Frames start at samples 0, hop, 2·hop, … and lie wholly within the signal: no padding at the ends, no centring.
 * @throws SpeechTokensError `argument-invalid` when a setting is out of range
 */
export function createLogMelAnalyzer(settings: LogMelSettings = speechLogMel): LogMelAnalyzer {
  const { sampleRateHz, fftSize, hopSamples, bandCount, powerFloor } = settings;
  requirePositiveInteger('hopSamples', hopSamples);
  requirePositiveInteger('bandCount', bandCount);
  const spectrum = createPowerSpectrum(fftSize);
  const bank = createMelBank(sampleRateHz, fftSize, bandCount);
  const taper = Float64Array.from({ length: fftSize }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / fftSize));
  const recent = new Float64Array(fftSize);
  const tapered = new Float64Array(fftSize);
  const powers = new Float64Array(fftSize / 2 + 1);
  const energies = new Float64Array(bandCount);
  let held = 0;
  let toSkip = 0;
  let frameCount = 0;

  const emit = (onFrame: (energies: Float64Array) => void): void => {
    for (let i = 0; i < fftSize; i++) tapered[i] = recent[i]! * taper[i]!;
    spectrum(tapered, powers);
    for (let band = 0; band < bandCount; band++) {
      const { firstBin, weights } = bank[band]!;
      let power = 0;
      for (let i = 0; i < weights.length; i++) power += weights[i]! * powers[firstBin + i]!;
      energies[band] = Math.log(power + powerFloor);
    }
    frameCount++;
    onFrame(energies);
    if (hopSamples < fftSize) {
      recent.copyWithin(0, hopSamples);
      held = fftSize - hopSamples;
    } else {
      held = 0;
      toSkip = hopSamples - fftSize;
    }
  };

  return {
    push(samples, onFrame) {
      let at = 0;
      while (at < samples.length) {
        const skipped = Math.min(toSkip, samples.length - at);
        toSkip -= skipped;
        at += skipped;
        const taken = Math.min(fftSize - held, samples.length - at);
        recent.set(samples.subarray(at, at + taken), held);
        held += taken;
        at += taken;
        if (held === fftSize) emit(onFrame);
      }
    },
    flush(onFrame) {
      if (frameCount > 0) return;
      recent.fill(0, held);
      emit(onFrame);
    },
  };
}

function requirePositiveInteger(argument: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new SpeechTokensError('argument-invalid', {
    problem: `A setting of the log-mel energies is out of range: ${argument}`,
    found: String(value),
    wanted: 'a positive integer',
    remedy: 'Start from `speechLogMel` and change one setting at a time',
    details: { argument },
  });
}
