import { createStreamSession, type PcmChunk } from '@speech-tokens/core';
import type { SpeechBoundary, VoiceActivity } from '../../src/index.ts';

export interface ScriptedActivity extends VoiceActivity {
  openCount: number;
}

/** Samples that are not 0 are speech, which ends with the twentieth 0; it is padded by five samples before. */
export function scriptedActivity(): ScriptedActivity {
  const activity: ScriptedActivity = {
    sampleRateHz: 1000,
    latencySamples: 25,
    openCount: 0,
    async open() {
      activity.openCount += 1;
      const session = createStreamSession<PcmChunk, SpeechBoundary>(machine(), {
        writtenBy: 'scripted',
        formatVersion: 1,
        isClosed: () => false,
      });
      return {
        ...session,
        async close() {
          activity.openCount -= 1;
          await session.close();
        },
      };
    },
    async close() {},
  };
  return activity;
}

function machine() {
  let at = { sample: 0, isSpeech: false, zeros: 0 };
  return {
    accept: (chunk: PcmChunk) => chunk,
    async push({ channels }: PcmChunk): Promise<SpeechBoundary[]> {
      const found: SpeechBoundary[] = [];
      for (const value of channels[0]!) {
        if (value === 666) throw new Error('the detector broke');
        at.zeros = value === 0 ? at.zeros + 1 : 0;
        if (value !== 0 && !at.isSpeech) {
          at.isSpeech = true;
          found.push({ kind: 'speechStart', sample: Math.max(0, at.sample - 5) });
        }
        at.sample += 1;
        if (at.isSpeech && at.zeros === 20) {
          at.isSpeech = false;
          found.push({ kind: 'speechEnd', sample: at.sample - 20 });
        }
      }
      return found;
    },
    flush: async (): Promise<SpeechBoundary[]> => (at.isSpeech ? [{ kind: 'speechEnd', sample: at.sample }] : []),
    reset() {},
    save: () => ({ ...at }),
    restore(data: unknown) {
      at = { ...(data as typeof at) };
      return true;
    },
  };
}
