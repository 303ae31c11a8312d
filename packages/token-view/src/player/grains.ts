/** Short pieces of sound, each faded in and out, that overlap by half when they follow quickly. */
export interface Grains {
  /** Plays what is at a place, unless a grain has only just begun. */
  play(buffer: AudioBuffer, level: number, atSeconds: number): void;
}

const grainSeconds = 0.08;

export function createGrains(context: AudioContext): Grains {
  // Hann windows that overlap by half add up to an even level.
  const window = Float32Array.from({ length: 65 }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / 64));
  let last = Number.NEGATIVE_INFINITY;
  return {
    play(buffer, level, atSeconds) {
      const now = context.currentTime;
      if (now - last < grainSeconds / 2) return;
      last = now;
      const gain = context.createGain();
      gain.gain.setValueCurveAtTime(
        window.map((value) => value * level),
        now,
        grainSeconds,
      );
      gain.connect(context.destination);
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(gain);
      source.onended = () => gain.disconnect();
      source.start(now, Math.max(0, Math.min(buffer.duration, atSeconds - grainSeconds / 2)), grainSeconds);
    },
  };
}
