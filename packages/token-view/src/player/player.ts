import { createGrains } from './grains.ts';
import type { Sound, StreamedSound } from './sound.ts';
import { createVoice, type RunningVoice } from './voice.ts';

export interface PlayerEvents {
  /** While it plays, at every picture; and where it stops or is put somewhere. Seconds. */
  onTime?(seconds: number, isPlaying: boolean): void;
  /** What is played could not be read; it has stopped. */
  onProblem?(error: unknown): void;
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
  /**
   * Changes to another sound at the same place: both run, and the change takes some 10 ms. One that is read by ranges is heard
   * as soon as what it needs is there, and the one before until then.
   */
  choose(sound: number): void;
  /** Factors of the sounds, 1 at first. */
  setLevels(levels: readonly number[]): void;
  /** Stops, goes there, and plays a short grain of what is there, unless that is read by ranges. */
  scrub(seconds: number): void;
  /** Plays a stretch over and over; `undefined` plays to the end. Seconds. */
  loop(stretch: { readonly start: number; readonly end: number } | undefined): void;
  /** 1 is as recorded; pitch goes with it. */
  setSpeed(speed: number): void;
  close(): Promise<void>;
}

const fadeSeconds = 0.01;

/** Before that long nothing is heard, so that all sounds start in time. */
const startSeconds = 0.02;

/**
 * @param sounds at least one; those that are shorter end in silence. Of those that are read by ranges only what lies around
 * the place that is heard is in memory; where it does not come in time, playing waits for it.
 */
export function createPlayer(
  sounds: readonly (Sound | StreamedSound)[],
  { onTime, onProblem }: PlayerEvents = {},
  { changes = 'crossfade' }: PlayerOptions = {},
): Player {
  const context = new AudioContext();
  const fail = (error: unknown): void => {
    stop();
    onTime?.(at, false);
    onProblem?.(error);
  };
  const grains = createGrains(context);
  const voices = sounds.map((sound) => createVoice(context, sound, fail));
  const durationSeconds = Math.max(...voices.map((voice) => voice.durationSeconds));
  /** The one that is heard becomes the chosen one as soon as that is ready. */
  let [chosen, heard, speed, at] = [0, 0, 1, 0];
  let levels: readonly number[] = sounds.map(() => 1);
  const levelOf = (sound: number): number => (sound === heard ? (levels[sound] ?? 1) : 0);
  let stretch: { readonly start: number; readonly end: number } | undefined;
  /** The gains say which of the sounds that run is heard. A sound runs once it has been heard, or needs nothing for it. */
  let running:
    | { readonly voices: (RunningVoice | undefined)[]; readonly gains: readonly GainNode[]; readonly since: number }
    | undefined;
  /** Playing goes on when what is needed has come; another value means that it has been stopped in the meantime. */
  let waiting: symbol | undefined;
  let picture = 0;

  const placeAt = (time: number): number => {
    if (running === undefined) return at;
    const passed = at + Math.max(0, time - running.since) * speed;
    if (stretch === undefined || passed < stretch.end) return Math.min(passed, durationSeconds);
    return stretch.start + ((passed - stretch.start) % (stretch.end - stretch.start));
  };
  const seconds = (): number => placeAt(context.currentTime);
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
    waiting = undefined;
    cancelAnimationFrame(picture);
    if (running === undefined) return;
    at = seconds();
    for (const voice of running.voices) voice?.stop();
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
    if (running.voices[heard]?.isStarved()) {
      stop();
      start();
      return;
    }
    picture = requestAnimationFrame(show);
  };
  const run = (): void => {
    heard = chosen;
    const gains = voices.map((_, i) => {
      const gain = context.createGain();
      gain.gain.value = levelOf(i);
      gain.connect(context.destination);
      return gain;
    });
    const since = context.currentTime + startSeconds;
    const from = { sinceTime: since, place: at, speed, stretch };
    running = {
      voices: voices.map((voice, i) => (voice.isReady(at) ? voice.start(gains[i]!, from) : undefined)),
      gains,
      since,
    };
    show();
  };
  const start = (): void => {
    if (stretch !== undefined && (at < stretch.start || at >= stretch.end)) at = stretch.start;
    if (at >= durationSeconds) at = 0;
    const voice = voices[chosen]!;
    if (voice.isReady(at)) {
      run();
      return;
    }
    const mine = Symbol();
    waiting = mine;
    onTime?.(at, true);
    voice.load(at).then(
      () => {
        if (waiting !== mine) return;
        waiting = undefined;
        run();
      },
      (error: unknown) => {
        if (waiting === mine) fail(error);
      },
    );
  };
  /** Hears the chosen sound, from where the one before is by then. */
  const hearChosen = async (): Promise<void> => {
    const [wanted, mine] = [chosen, running];
    const voice = voices[wanted]!;
    const isWanted = (): boolean => running === mine && chosen === wanted;
    if (mine !== undefined && mine.voices[wanted] === undefined) {
      try {
        // The one before goes on meanwhile.
        while (isWanted() && !voice.isReady(seconds())) await voice.load(seconds());
      } catch (error) {
        if (isWanted()) fail(error);
        return;
      }
      if (!isWanted()) return;
      const sinceTime = context.currentTime + startSeconds;
      const from = { sinceTime, place: placeAt(sinceTime), speed, stretch };
      mine.voices[wanted] ??= voice.start(mine.gains[wanted]!, from);
    }
    heard = wanted;
    fade(changes === 'through-silence');
  };
  const restarting = (change: () => void): void => {
    const was = running !== undefined || waiting !== undefined;
    stop();
    change();
    if (was) start();
    else onTime?.(at, false);
  };
  return {
    get isPlaying() {
      return running !== undefined || waiting !== undefined;
    },
    get sound() {
      return chosen;
    },
    seconds,
    async play() {
      if (running !== undefined || waiting !== undefined) return;
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
      if (waiting !== undefined) restarting(() => {});
      else void hearChosen();
    },
    setLevels(wanted) {
      levels = wanted;
      fade(false);
    },
    scrub(seconds) {
      stop();
      at = within(seconds);
      void context.resume();
      const { buffer } = voices[chosen]!;
      if (buffer !== undefined) grains.play(buffer, levels[chosen] ?? 1, at);
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
