import { isStreamed, type Sound, type StreamedSound, type TimeRange } from '@speech-tokens/token-view';
import { createPlayer, type Player } from '@speech-tokens/token-view/browser';
import { isDifference, matchedLevels, recordingSound, type SoundChoice } from '../document/index.ts';
import { t } from '../texts/index.ts';
import { samplesOf } from './long-sounds.ts';

export interface SoundEvents {
  onTime(seconds: number, isPlaying: boolean): void;
  /** What is played could not be read. */
  onProblem(error: unknown): void;
}

/** The sounds of a page and what plays them. Sounds come when they are made; those that are not there yet are not heard. */
export interface Sounds {
  readonly isPlaying: boolean;
  /** Whether it can be heard. */
  has(choice: SoundChoice): boolean;
  /** One that is held as a whole. */
  get(choice: SoundChoice): Sound | undefined;
  /** The samples of a stretch, in seconds, also of one that is read by ranges. */
  read(choice: SoundChoice, stretch: { readonly start: number; readonly end: number }): Promise<Sound>;
  /** `undefined` takes it away. Playing goes on from the same place. */
  set(choice: SoundChoice, sound: Sound | StreamedSound | undefined): void;
  /** Hears this one, now or as soon as it is there. */
  choose(choice: SoundChoice): void;
  toggle(): Promise<void>;
  pause(): void;
  seek(seconds: number): void;
  loop(seconds: { readonly start: number; readonly end: number } | undefined): void;
  setSpeed(speed: number): void;
  /** Whether decoded sounds are as loud as the recording. */
  matchLevels(isMatched: boolean): void;
  /** Puts the playhead somewhere as it is dragged; with a grain of what is there, if that is to be heard. */
  scrub(seconds: number, isHeard: boolean): void;
}

export function createSounds({ onTime, onProblem }: SoundEvents): Sounds {
  const sounds = new Map<SoundChoice, Sound | StreamedSound>();
  let [chosen, speed, at]: [SoundChoice, number, number] = [recordingSound, 1, 0];
  let stretch: Parameters<Sounds['loop']>[0];
  /** Made when somebody asks for sound, as pages may not start any by themselves. */
  let player: Player | undefined;
  let order: readonly SoundChoice[] = [];
  let isMatched = false;

  const place = (): number => Math.max(0, order.indexOf(chosen));
  const wholeSound = (choice: SoundChoice): Sound | undefined => {
    const sound = sounds.get(choice);
    return sound === undefined || isStreamed(sound) ? undefined : sound;
  };
  /**
   * The difference goes with the recording: it is heard as quiet as it is. So does what is read by ranges: how loud it is as a
   * whole is not known.
   */
  const levels = (): readonly number[] => {
    const reference = wholeSound(recordingSound);
    if (!isMatched || reference === undefined) return order.map(() => 1);
    const decoded = order.filter(
      (choice) => choice !== recordingSound && !isDifference(choice) && wholeSound(choice) !== undefined,
    );
    const matched = matchedLevels(
      reference,
      decoded.map((choice) => wholeSound(choice)!),
    );
    return order.map((choice) => matched.sounds[decoded.indexOf(choice)] ?? matched.reference);
  };
  const make = (): void => {
    if (sounds.size === 0) return;
    // A new player tells that it is at the start.
    const from = at;
    order = [...sounds.keys()];
    player = createPlayer([...sounds.values()], {
      onTime(seconds, isPlaying) {
        at = seconds;
        onTime(seconds, isPlaying);
      },
      onProblem,
    });
    player.setLevels(levels());
    player.choose(place());
    player.setSpeed(speed);
    player.loop(stretch);
    player.seek(from);
  };
  return {
    get isPlaying() {
      return player?.isPlaying ?? false;
    },
    has: (choice) => sounds.has(choice),
    get: wholeSound,
    async read(choice, part) {
      const sound = sounds.get(choice);
      if (sound === undefined) throw new Error(t('The sound that is chosen is not there yet.'));
      const { title, sampleRateHz } = sound;
      const channels = isStreamed(sound) ? await samplesOf(sound, part) : partOf(sound, part);
      return { title, sampleRateHz, channels };
    },
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
    pause: () => player?.pause(),
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
