import type { AudioClip, AudioFormat } from '../audio/audio-clip.ts';
import type { SeededRandom } from '../random/seeded-random.ts';

/** Kinds of sound that the kit makes by itself: no recordings are needed. */
export type SignalKind = 'voiced' | 'noise-burst' | 'silence' | 'full-scale' | 'impulses' | 'faint';

// The order in which a mixed clip goes through the kinds. It never starts with silence, and silence is one part of
// eight: two clips of silence are equal whatever is wrong with a tokenizer.
const mixedOrder: readonly SignalKind[] = [
  'noise-burst',
  'voiced',
  'impulses',
  'noise-burst',
  'silence',
  'voiced',
  'full-scale',
  'noise-burst',
];

/** A clip like speech: every kind of sound in turn, different in each channel, within [-1, 1]. */
export function makeMixedClip(format: AudioFormat, sampleCount: number, random: SeededRandom): AudioClip {
  return makeClip(format, sampleCount, random, (samples, channelRandom) => {
    // Short clips go through all kinds too; long ones change every 60 to 250 ms, as speech does.
    const longest = Math.max(1, Math.min(Math.ceil(format.sampleRateHz / 4), Math.ceil(sampleCount / 6)));
    const shortest = Math.max(1, Math.floor(longest / 4));
    let position = 0;
    let turn = channelRandom.nextInteger(2);
    while (position < samples.length) {
      const end = Math.min(samples.length, position + shortest + channelRandom.nextInteger(longest - shortest + 1));
      const kind = mixedOrder[turn++ % mixedOrder.length] as SignalKind;
      fill[kind](samples.subarray(position, end), format.sampleRateHz, channelRandom);
      position = end;
    }
  });
}

/** A clip of one kind of sound. */
export function makePureClip(
  kind: SignalKind,
  format: AudioFormat,
  sampleCount: number,
  random: SeededRandom,
): AudioClip {
  return makeClip(format, sampleCount, random, (samples, channelRandom) =>
    fill[kind](samples, format.sampleRateHz, channelRandom),
  );
}

function makeClip(
  format: AudioFormat,
  sampleCount: number,
  random: SeededRandom,
  fillChannel: (samples: Float32Array, random: SeededRandom) => void,
): AudioClip {
  const channels = Array.from({ length: format.channelCount }, (_, channel) => {
    const samples = new Float32Array(sampleCount);
    fillChannel(samples, random.fork(`channel-${channel}`));
    return samples;
  });
  return { sampleRateHz: format.sampleRateHz, channels };
}

const fill: Record<SignalKind, (samples: Float32Array, sampleRateHz: number, random: SeededRandom) => void> = {
  // A harmonic sweep whose partials are weighted by three formants, as in a vowel.
  voiced(samples, sampleRateHz, random) {
    const nyquistHz = sampleRateHz / 2;
    const startHz = Math.min(90 + 160 * random.nextUnit(), nyquistHz / 4);
    const endHz = startHz * (0.8 + 0.5 * random.nextUnit());
    const formantsHz = [300 + 500 * random.nextUnit(), 900 + 1400 * random.nextUnit(), 2300 + 900 * random.nextUnit()];
    const partials: { readonly order: number; readonly weight: number }[] = [];
    for (let order = 1; order <= 40 && order * Math.max(startHz, endHz) < 0.9 * nyquistHz; order++) {
      const frequencyHz = (order * (startHz + endHz)) / 2;
      const weight = formantsHz.reduce(
        (sum, formantHz) => sum + 1 / (1 + ((frequencyHz - formantHz) / 120) ** 2),
        0.05,
      );
      partials.push({ order, weight });
    }
    const scale = 0.7 / partials.reduce((sum, partial) => sum + partial.weight, 1e-9);
    let phase = 2 * Math.PI * random.nextUnit();
    for (let i = 0; i < samples.length; i++) {
      const share = i / samples.length;
      phase += (2 * Math.PI * (startHz + (endHz - startHz) * share)) / sampleRateHz;
      let sum = 0;
      for (const { order, weight } of partials) sum += weight * Math.sin(order * phase);
      samples[i] = scale * sum;
    }
  },
  'noise-burst'(samples, _sampleRateHz, random) {
    const loudness = 0.2 + 0.7 * random.nextUnit();
    for (let i = 0; i < samples.length; i++) samples[i] = loudness * (2 * random.nextUnit() - 1);
  },
  silence(samples) {
    samples.fill(0);
  },
  // A square wave between the two limits.
  'full-scale'(samples, sampleRateHz, random) {
    const halfPeriodSamples = Math.max(1, Math.floor(sampleRateHz / (2 * (80 + 300 * random.nextUnit()))));
    for (let i = 0; i < samples.length; i++) samples[i] = Math.floor(i / halfPeriodSamples) % 2 === 0 ? 1 : -1;
  },
  impulses(samples, sampleRateHz, random) {
    samples.fill(0);
    const spacingSamples = Math.max(2, Math.floor(sampleRateHz / 200));
    for (let i = random.nextInteger(spacingSamples); i < samples.length; i += 1 + random.nextInteger(spacingSamples)) {
      samples[i] = random.nextUnit() < 0.5 ? -0.95 : 0.95;
    }
  },
  // Far below the last bit of 16-bit audio, down to numbers that lose precision.
  faint(samples, _sampleRateHz, random) {
    for (let i = 0; i < samples.length; i++)
      samples[i] = (2 * random.nextUnit() - 1) * 10 ** -(4 + 38 * random.nextUnit());
  },
};

export const signalKinds: readonly SignalKind[] = Object.keys(fill) as SignalKind[];
