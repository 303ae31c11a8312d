import { isStreamed, type Sound, type StreamedSound } from './sound.ts';
import { createStreamVoice } from './stream-voice.ts';

/** One of a player's sounds. Places are in seconds from its start. */
export interface Voice {
  readonly durationSeconds: number;
  /** All of it, where it is in memory. */
  readonly buffer?: AudioBuffer;
  /** Whether it could be heard at once from there. */
  isReady(place: number): boolean;
  /** Resolves when it is ready there; what was wanted of other places is given up. */
  load(place: number): Promise<void>;
  start(destination: AudioNode, from: VoiceStart): RunningVoice;
}

export interface VoiceStart {
  /** At the context's time `sinceTime`, the sound is at `place`. */
  readonly sinceTime: number;
  readonly place: number;
  readonly speed: number;
  /** Played over and over. */
  readonly stretch: { readonly start: number; readonly end: number } | undefined;
}

export interface RunningVoice {
  /** Whether it should be heard now, and what it needs for that has not come yet. */
  isStarved(): boolean;
  stop(): void;
}

/** @param onProblem what failed while reading ahead */
export function createVoice(
  context: AudioContext,
  sound: Sound | StreamedSound,
  onProblem: (error: unknown) => void,
): Voice {
  return isStreamed(sound) ? createStreamVoice(context, sound, onProblem) : createBufferVoice(context, sound);
}

/** A sound that is in memory: one source plays all of it. */
function createBufferVoice(context: AudioContext, { sampleRateHz, channels }: Sound): Voice {
  const buffer = context.createBuffer(channels.length, Math.max(1, channels[0]!.length), sampleRateHz);
  for (const [i, channel] of channels.entries()) buffer.copyToChannel(new Float32Array(channel), i);
  return {
    durationSeconds: buffer.duration,
    buffer,
    isReady: () => true,
    load: async () => {},
    start(destination, { sinceTime, place, speed, stretch }) {
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.playbackRate.value = speed;
      if (stretch !== undefined) {
        source.loop = true;
        source.loopStart = stretch.start;
        source.loopEnd = stretch.end;
      }
      source.connect(destination);
      source.start(sinceTime, place);
      return {
        isStarved: () => false,
        stop() {
          source.stop();
          source.disconnect();
        },
      };
    },
  };
}
