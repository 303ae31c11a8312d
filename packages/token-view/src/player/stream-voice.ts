import { createPieces } from './pieces.ts';
import type { StreamedSound } from './sound.ts';
import type { Voice } from './voice.ts';

/** Sound is handed to the audio system so long before it is heard, and looked after so often: timers of a hidden page are slow. */
const aheadSeconds = 3;
const lookMilliseconds = 200;

/** One piece fades into the next over so long. What they share is the same sound, so together they are as loud as it. */
const fadeSeconds = 0.005;

/** What was scheduled last, where the next segment goes on without a gap. */
interface Tail {
  readonly endSample: number;
  readonly channels: readonly Float32Array[];
  readonly fadeSamples: number;
}

/** A sound that is read by ranges: its pieces are scheduled one after the other, ahead of what is heard. */
export function createStreamVoice(
  context: AudioContext,
  sound: StreamedSound,
  onProblem: (error: unknown) => void,
): Voice {
  const { sampleRateHz, sampleCount, channelCount } = sound;
  const pieces = createPieces(sound);
  const pieceOf = (sample: number): number => Math.floor(sample / pieces.pieceSamples);
  const sampleAt = (place: number): number => Math.max(0, Math.min(sampleCount, Math.round(place * sampleRateHz)));

  return {
    durationSeconds: sampleCount / sampleRateHz,
    isReady: (place) => sampleAt(place) >= sampleCount || pieces.get(pieceOf(sampleAt(place))) !== undefined,
    async load(place) {
      const index = pieceOf(sampleAt(place));
      pieces.keepOnly((other) => other === index);
      if (sampleAt(place) < sampleCount) await pieces.load(index);
    },
    start(destination, { sinceTime, place, speed, stretch }) {
      const loop = stretch && { start: sampleAt(stretch.start), end: sampleAt(stretch.end) };
      const scheduled = new Set<{ readonly source: AudioBufferSourceNode; readonly gain: GainNode }>();
      let next = sampleAt(place);
      let nextTime = sinceTime;
      let tail: Tail | undefined;
      let isStopped = false;

      const schedule = (piece: readonly Float32Array[], pieceStart: number, endSample: number): void => {
        const length = endSample - next;
        const overlap = tail?.endSample === next ? tail.fadeSamples : 0;
        const fadeSamples = Math.min(Math.round(fadeSeconds * sampleRateHz), Math.floor(length / 2));
        const channels = piece.map((samples, i) => {
          const part = samples.subarray(next - pieceStart, endSample - pieceStart);
          if (overlap === 0) return part;
          const joined = new Float32Array(overlap + length);
          joined.set(tail!.channels[i]!.subarray(-overlap));
          joined.set(part, overlap);
          return joined;
        });
        const buffer = context.createBuffer(channelCount, overlap + length, sampleRateHz);
        for (const [i, samples] of channels.entries()) buffer.copyToChannel(new Float32Array(samples), i);
        const seconds = (samples: number): number => samples / sampleRateHz / speed;
        const startTime = nextTime - seconds(overlap);
        const endTime = nextTime + seconds(length);
        const gain = context.createGain();
        // Also before its first event: a source may start a sample before a time that is rounded.
        gain.gain.value = 0;
        gain.gain.setValueAtTime(0, startTime);
        gain.gain.linearRampToValueAtTime(1, startTime + seconds(overlap || fadeSamples));
        gain.gain.setValueAtTime(1, endTime - seconds(fadeSamples));
        gain.gain.linearRampToValueAtTime(0, endTime);
        gain.connect(destination);
        const source = context.createBufferSource();
        source.buffer = buffer;
        source.playbackRate.value = speed;
        source.connect(gain);
        const nodes = { source, gain };
        scheduled.add(nodes);
        source.onended = () => {
          gain.disconnect();
          scheduled.delete(nodes);
        };
        // What comes late is heard from the place where it should be by now.
        const late = Math.max(0, context.currentTime - startTime);
        source.start(startTime + late, late * speed);
        tail = { endSample, channels, fadeSamples };
        nextTime = endTime;
        next = loop !== undefined && endSample === loop.end ? loop.start : endSample;
      };
      const fill = (): void => {
        while (!isStopped && next < sampleCount && nextTime < context.currentTime + aheadSeconds) {
          const index = pieceOf(next);
          const piece = pieces.get(index);
          if (piece === undefined) {
            pieces.load(index).then(fill, (error: unknown) => {
              if (!isStopped) onProblem(error);
            });
            return;
          }
          const pieceStart = index * pieces.pieceSamples;
          const pieceEnd = pieceStart + piece[0]!.length;
          schedule(piece, pieceStart, loop !== undefined && next < loop.end ? Math.min(loop.end, pieceEnd) : pieceEnd);
        }
      };
      fill();
      const timer = setInterval(fill, lookMilliseconds);
      return {
        isStarved: () => next < sampleCount && nextTime <= context.currentTime,
        stop() {
          isStopped = true;
          clearInterval(timer);
          // What is on its way is not given up: it may be what playing waits for.
          for (const { source, gain } of scheduled) {
            source.onended = null;
            source.stop();
            gain.disconnect();
          }
        },
      };
    },
  };
}
