import type { Sound, TimeRange } from '@speech-tokens/token-view';
import { createPlayer, type Player } from '@speech-tokens/token-view/browser';
import { isDifference, matchedLevels, recordingSound, type SoundChoice } from '../document/index.ts';

export interface SoundEvents {
  onTime(seconds: number, isPlaying: boolean): void;
}

/** The sounds of a page and what plays them. Sounds come when they are made; those that are not there yet are not heard. */
export interface Sounds {
  readonly isPlaying: boolean;
  get(choice: SoundChoice): Sound | undefined;
  /** `undefined` takes it away. Playing goes on from the same place. */
  set(choice: SoundChoice, sound: Sound | undefined): void;
  /** Hears this one, now or as soon as it is there. */
  choose(choice: SoundChoice): void;
  toggle(): Promise<void>;
  seek(seconds: number): void;
  loop(seconds: { readonly start: number; readonly end: number } | undefined): void;
  setSpeed(speed: number): void;
  /** Whether decoded sounds are as loud as the recording. */
  matchLevels(isMatched: boolean): void;
  /** Puts the playhead somewhere as it is dragged; with a grain of what is there, if that is to be heard. */
  scrub(seconds: number, isHeard: boolean): void;
}

export function createSounds({ onTime }: SoundEvents): Sounds {
  const sounds = new Map<SoundChoice, Sound>();
  let [chosen, speed, at]: [SoundChoice, number, number] = [recordingSound, 1, 0];
  let stretch: Parameters<Sounds['loop']>[0];
  /** Made when somebody asks for sound, as pages may not start any by themselves. */
  let player: Player | undefined;
  let order: readonly SoundChoice[] = [];
  let isMatched = false;

  const place = (): number => Math.max(0, order.indexOf(chosen));
  /** The difference goes with the recording: it is heard as quiet as it is. */
  const levels = (): readonly number[] => {
    const reference = sounds.get(recordingSound);
    if (!isMatched || reference === undefined) return order.map(() => 1);
    const decoded = order.filter((choice) => choice !== recordingSound && !isDifference(choice));
    const matched = matchedLevels(
      reference,
      decoded.map((choice) => sounds.get(choice)!),
    );
    return order.map((choice) => matched.sounds[decoded.indexOf(choice)] ?? matched.reference);
  };
  const make = (): void => {
    if (sounds.size === 0) return;
    order = [...sounds.keys()];
    player = createPlayer([...sounds.values()], {
      onTime(seconds, isPlaying) {
        at = seconds;
        onTime(seconds, isPlaying);
      },
    });
    player.setLevels(levels());
    player.choose(place());
    player.setSpeed(speed);
    player.loop(stretch);
    player.seek(at);
  };
  return {
    get isPlaying() {
      return player?.isPlaying ?? false;
    },
    get: (choice) => sounds.get(choice),
    set(choice, sound) {
      if (sound === undefined) sounds.delete(choice);
      else sounds.set(choice, sound);
      if (player === undefined) return;
      const [before, wasPlaying] = [player, player.isPlaying];
      at = before.seconds();
      player = undefined;
      void before.close();
      make();
      if (wasPlaying) void (player as Player | undefined)?.play();
    },
    choose(choice) {
      chosen = choice;
      if (order.includes(choice)) player?.choose(place());
    },
    async toggle() {
      if (player === undefined) make();
      if (player?.isPlaying) player.pause();
      else await player?.play();
    },
    seek(seconds) {
      at = seconds;
      if (player === undefined) onTime(seconds, false);
      else player.seek(seconds);
    },
    loop(wanted) {
      if (wanted?.start === stretch?.start && wanted?.end === stretch?.end) return;
      stretch = wanted;
      player?.loop(wanted);
    },
    setSpeed(wanted) {
      speed = wanted;
      player?.setSpeed(wanted);
    },
    matchLevels(wanted) {
      if (wanted === isMatched) return;
      isMatched = wanted;
      player?.setLevels(levels());
    },
    scrub(seconds, isHeard) {
      at = seconds;
      if (player === undefined && isHeard) make();
      if (player === undefined) onTime(seconds, false);
      else if (isHeard) player.scrub(seconds);
      else player.seek(seconds);
    },
  };
}

/** A stretch to be played over and over; `undefined` where it is too short for that. */
export function loopOf(range: TimeRange | undefined, sampleRateHz: number): Parameters<Sounds['loop']>[0] {
  if (range === undefined) return undefined;
  const [start, end] = [range.startSample / sampleRateHz, range.endSample / sampleRateHz];
  return end - start < 0.01 ? undefined : { start, end };
}

/** The samples of a stretch. */
export function partOf(
  { sampleRateHz, channels }: Sound,
  { start, end }: { readonly start: number; readonly end: number },
): readonly Float32Array[] {
  return channels.map((samples) => samples.subarray(Math.round(start * sampleRateHz), Math.round(end * sampleRateHz)));
}
