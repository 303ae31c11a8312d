import { createGrains } from './grains.ts';
import type { Sound } from './sound.ts';

export interface PlayerEvents {
  /** While it plays, at every picture; and where it stops or is put somewhere. Seconds. */
  onTime?(seconds: number, isPlaying: boolean): void;
}

export interface PlayerOptions {
  /**
   * How one sound becomes another: one fades into the other (by default), or each change goes through a moment of silence, also
   * a change to the same sound, so that the change itself does not tell which sounds they are.
   */
  readonly changes?: 'crossfade' | 'through-silence';
}

/** Plays one of several sounds of the same recording, and changes between them without a gap. */
export interface Player {
  readonly isPlaying: boolean;
  readonly sound: number;
  seconds(): number;
  play(): Promise<void>;
  pause(): void;
  /** Goes on from there if it plays. */
  seek(seconds: number): void;
  /** Changes to another sound at the same place: both run, and the change takes some 10 ms. */
  choose(sound: number): void;
  /** Factors of the sounds, 1 at first. */
  setLevels(levels: readonly number[]): void;
  /** Stops, goes there, and plays a short grain of what is there. */
  scrub(seconds: number): void;
  /** Plays a stretch over and over; `undefined` plays to the end. Seconds. */
  loop(stretch: { readonly start: number; readonly end: number } | undefined): void;
  /** 1 is as recorded; pitch goes with it. */
  setSpeed(speed: number): void;
  close(): Promise<void>;
}

const fadeSeconds = 0.01;

/** @param sounds at least one; those that are shorter end in silence */
export function createPlayer(
  sounds: readonly Sound[],
  { onTime }: PlayerEvents = {},
  { changes = 'crossfade' }: PlayerOptions = {},
): Player {
  const context = new AudioContext();
  const grains = createGrains(context);
  const buffers = sounds.map(({ sampleRateHz, channels }) => {
    const length = Math.max(1, channels[0]!.length);
    const buffer = context.createBuffer(channels.length, length, sampleRateHz);
    for (const [i, channel] of channels.entries()) buffer.copyToChannel(new Float32Array(channel), i);
    return buffer;
  });
  const durationSeconds = Math.max(...buffers.map(({ duration }) => duration));
  let [chosen, speed, at] = [0, 1, 0];
  let levels: readonly number[] = sounds.map(() => 1);
  const levelOf = (sound: number): number => (sound === chosen ? (levels[sound] ?? 1) : 0);
  let stretch: { readonly start: number; readonly end: number } | undefined;
  /** The sounds that run: all start together, and the gains say which is heard. */
  let running:
    | {
        readonly sources: readonly AudioBufferSourceNode[];
        readonly gains: readonly GainNode[];
        readonly since: number;
      }
    | undefined;
  let picture = 0;

  const seconds = (): number => {
    if (running === undefined) return at;
    const passed = at + (context.currentTime - running.since) * speed;
    if (stretch === undefined || passed < stretch.end) return Math.min(passed, durationSeconds);
    return stretch.start + ((passed - stretch.start) % (stretch.end - stretch.start));
  };
  const within = (place: number): number => Math.max(0, Math.min(durationSeconds, place));
  /** Towards the levels that are wanted now. */
  const fade = (throughSilence: boolean): void => {
    const now = context.currentTime;
    for (const [i, { gain }] of (running?.gains ?? []).entries()) {
      gain.cancelScheduledValues(now);
      if (throughSilence) gain.setTargetAtTime(0, now, fadeSeconds / 4);
      gain.setTargetAtTime(levelOf(i), throughSilence ? now + 1.5 * fadeSeconds : now, fadeSeconds / 4);
    }
  };
  const stop = (): void => {
    if (running === undefined) return;
    at = seconds();
    cancelAnimationFrame(picture);
    for (const source of running.sources) {
      source.onended = null;
      source.stop();
      source.disconnect();
    }
    for (const gain of running.gains) gain.disconnect();
    running = undefined;
  };
  const show = (): void => {
    onTime?.(seconds(), running !== undefined);
    if (running === undefined) return;
    if (stretch === undefined && seconds() >= durationSeconds) {
      stop();
      at = 0;
      onTime?.(0, false);
      return;
    }
    picture = requestAnimationFrame(show);
  };
  const start = (): void => {
    if (stretch !== undefined && (at < stretch.start || at >= stretch.end)) at = stretch.start;
    if (at >= durationSeconds) at = 0;
    const gains = buffers.map((_, i) => {
      const gain = context.createGain();
      gain.gain.value = levelOf(i);
      gain.connect(context.destination);
      return gain;
    });
    const sources = buffers.map((buffer, i) => {
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.playbackRate.value = speed;
      if (stretch !== undefined) {
        source.loop = true;
        source.loopStart = stretch.start;
        source.loopEnd = stretch.end;
      }
      source.connect(gains[i]!);
      return source;
    });
    const since = context.currentTime;
    for (const source of sources) source.start(since, at);
    running = { sources, gains, since };
    show();
  };
  const restarting = (change: () => void): void => {
    const was = running !== undefined;
    stop();
    change();
    if (was) start();
    else onTime?.(at, false);
  };
  return {
    get isPlaying() {
      return running !== undefined;
    },
    get sound() {
      return chosen;
    },
    seconds,
    async play() {
      if (running !== undefined) return;
      await context.resume();
      // Somebody else may have started it meanwhile.
      if (running === undefined) start();
    },
    pause() {
      stop();
      onTime?.(at, false);
    },
    seek: (to) =>
      restarting(() => {
        at = within(to);
      }),
    choose(sound) {
      chosen = sound;
      fade(changes === 'through-silence');
    },
    setLevels(wanted) {
      levels = wanted;
      fade(false);
    },
    scrub(seconds) {
      stop();
      at = within(seconds);
      void context.resume();
      grains.play(buffers[chosen]!, levelOf(chosen), at);
      onTime?.(at, false);
    },
    loop: (wanted) =>
      restarting(() => {
        stretch = wanted;
      }),
    setSpeed: (wanted) =>
      restarting(() => {
        speed = wanted;
      }),
    async close() {
      stop();
      await context.close();
    },
  };
}
