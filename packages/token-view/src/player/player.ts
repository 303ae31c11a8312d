import type { Sound } from './sound.ts';

export interface PlayerEvents {
  /** While it plays, at every picture; and where it stops or is put somewhere. Seconds. */
  onTime?(seconds: number, isPlaying: boolean): void;
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
  /** Changes to another sound at the same place: both run, and one fades into the other within 10 ms. */
  choose(sound: number): void;
  /** Plays a stretch over and over; `undefined` plays to the end. Seconds. */
  loop(stretch: { readonly start: number; readonly end: number } | undefined): void;
  /** 1 is as recorded; pitch goes with it. */
  setSpeed(speed: number): void;
  close(): Promise<void>;
}

const fadeSeconds = 0.01;

/** @param sounds at least one; those that are shorter end in silence */
export function createPlayer(sounds: readonly Sound[], { onTime }: PlayerEvents = {}): Player {
  const context = new AudioContext();
  const buffers = sounds.map(({ sampleRateHz, channels }) => {
    const length = Math.max(1, channels[0]!.length);
    const buffer = context.createBuffer(channels.length, length, sampleRateHz);
    for (const [i, channel] of channels.entries()) buffer.copyToChannel(new Float32Array(channel), i);
    return buffer;
  });
  const durationSeconds = Math.max(...buffers.map(({ duration }) => duration));
  let [chosen, speed, at] = [0, 1, 0];
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
      gain.gain.value = i === chosen ? 1 : 0;
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
      start();
    },
    pause() {
      stop();
      onTime?.(at, false);
    },
    seek: (to) =>
      restarting(() => {
        at = Math.max(0, Math.min(durationSeconds, to));
      }),
    choose(sound) {
      chosen = sound;
      for (const [i, { gain }] of (running?.gains ?? []).entries()) {
        gain.cancelScheduledValues(context.currentTime);
        gain.setTargetAtTime(i === sound ? 1 : 0, context.currentTime, fadeSeconds / 4);
      }
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
