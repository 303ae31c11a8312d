import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAudioClip } from '@speech-tokens/audio-files';
import { createRandom, isSpeechTokensError, type SessionState } from '@speech-tokens/core';
import { describe, expect, test } from 'vitest';
import { openVoiceActivity, type SpeechBoundary, sileroFile, type VoiceActivity } from '../src/index.ts';
import { goldenFolder } from './support/golden.ts';

// What the authors' code says of the same sound: tools/reference/make_voice_activity.py.
interface Expected {
  readonly recordings: readonly string[];
  readonly sampleCount: number;
  readonly iterator: readonly ({ readonly start: number } | { readonly end: number })[];
  readonly iteratorOfLongSilences: Expected['iterator'];
  readonly timestamps: readonly { readonly start: number; readonly end: number }[];
  readonly probabilities: readonly number[];
}
const expected: Expected = JSON.parse(readFileSync(join(goldenFolder('voice-activity'), 'expected.json'), 'utf8'));

const shared = process.env.SPEECH_TOKENS_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const model = join(shared, 'weights', 'silero-vad', 'silero_vad_16k_op15.onnx');
const recordings = expected.recordings.map((name) =>
  join(shared, 'speech', name.includes('-0000.') ? 'librispeech/test-other' : 'picovoice-speech-to-intent', name),
);
const isThere = [model, ...recordings].every((path) => existsSync(path));

/** The recordings, with a second of silence before each. */
async function sound(): Promise<Float32Array> {
  const samples = new Float32Array(expected.sampleCount);
  let at = 0;
  for (const path of recordings) {
    const clip = await readAudioClip(path);
    at += 16_000;
    samples.set(clip.channels[0]!, at);
    at += clip.channels[0]!.length;
  }
  expect(at).toBe(expected.sampleCount);
  return samples;
}

const chunk = (samples: Float32Array, startSample: number, end: number) => ({
  sampleRateHz: 16_000,
  startSample,
  channels: [samples.subarray(startSample, end)],
});

/** Boundaries of sound that is pushed in pieces of these sizes; the stream is saved and opened anew every so often. */
async function boundariesOf(
  activity: VoiceActivity,
  samples: Float32Array,
  { pieceOf, saveEvery = Number.POSITIVE_INFINITY }: { pieceOf: () => number; saveEvery?: number },
): Promise<SpeechBoundary[]> {
  let session = await activity.open();
  const found: SpeechBoundary[] = [];
  for (let at = 0, pieces = 1; at < samples.length; pieces++) {
    const end = Math.min(samples.length, at + pieceOf());
    found.push(...(await session.push(chunk(samples, at, end))));
    at = end;
    if (pieces % saveEvery === 0) {
      const state: SessionState = structuredClone(await session.saveState!());
      session = await activity.open({ state });
    }
  }
  found.push(...(await session.flush()));
  return found;
}

const asAuthors = (boundaries: readonly SpeechBoundary[]) =>
  boundaries.map(({ kind, sample }) => (kind === 'speechStart' ? { start: sample } : { end: sample }));

describe.skipIf(!isThere)(
  'voice activity on real recordings (skipped without SPEECH_TOKENS_SHARED or ../shared)',
  () => {
    test('has the probabilities of the authors’ code, and its beginnings and ends', async () => {
      const samples = await sound();
      const probabilities: number[] = [];
      const silero = { minimumSilenceMs: 100, paddingBeforeMs: 30, paddingAfterMs: 30 };
      const activity = await openVoiceActivity(model, {
        ...silero,
        onProbability: (value) => probabilities.push(value),
      });
      const found = await boundariesOf(activity, samples, { pieceOf: () => 16_000 });
      expect(asAuthors(found)).toEqual(expected.iterator);
      expect(probabilities.length).toBe(expected.probabilities.length);
      const differences = probabilities.map((value, window) => Math.abs(value - expected.probabilities[window]!));
      expect(Math.max(...differences)).toBeLessThan(1e-5);

      const longer = await openVoiceActivity(model, { paddingBeforeMs: 0, paddingAfterMs: 0 });
      const ofLongSilences = await boundariesOf(longer, samples, { pieceOf: () => 16_000 });
      expect(asAuthors(ofLongSilences)).toEqual(expected.iteratorOfLongSilences);

      const offline = await openVoiceActivity(model, { ...silero, minimumSpeechMs: 250 });
      const timestamps = await boundariesOf(offline, samples, { pieceOf: () => 16_000 });
      expect(asAuthors(timestamps)).toEqual(expected.timestamps.flatMap(({ start, end }) => [{ start }, { end }]));
      for (const each of [activity, longer, offline]) await each.close();
    });

    test('is the same whatever the pieces, also when it goes on from saved states', async () => {
      const samples = (await sound()).subarray(0, 150_001);
      const activity = await openVoiceActivity(model);
      const random = createRandom(5);
      const whole = await boundariesOf(activity, samples, { pieceOf: () => samples.length });
      expect(whole.length).toBeGreaterThan(3);
      for (const most of [100, 1500]) {
        const pieceOf = () => random.nextInteger(most);
        expect(await boundariesOf(activity, samples, { pieceOf, saveEvery: 7 })).toEqual(whole);
      }
      await activity.close();
    });

    test('starts over, ends speech at the end, and refuses what does not follow', async () => {
      const samples = await sound();
      const activity = await openVoiceActivity(model);
      const session = await activity.open();
      const first = [...(await session.push(chunk(samples, 0, 40_000))), ...(await session.flush())];
      expect(first.at(-1)).toEqual({ kind: 'speechEnd', sample: 40_000 });
      session.reset();
      expect([...(await session.push(chunk(samples, 0, 40_000))), ...(await session.flush())]).toEqual(first);
      session.reset();
      await expect(session.push(chunk(samples, 10, 20))).rejects.toMatchObject({ code: 'stream-order' });
      const other = { ...chunk(samples, 0, 10), sampleRateHz: 24_000 };
      await expect(session.push(other)).rejects.toMatchObject({ code: 'audio-format' });
      const state = await session.saveState!();
      const another = await openVoiceActivity(model, { threshold: 0.6 });
      await expect(another.open({ state })).rejects.toMatchObject({ code: 'session-state-invalid' });
      const damaged = { ...state, data: { flushed: false, stream: { pushed: 0 } } };
      await expect(activity.open({ state: damaged })).rejects.toMatchObject({ code: 'session-state-invalid' });
      await another.close();
      await activity.close();
      await activity.close();
      await expect(session.push(chunk(samples, 0, 10))).rejects.toMatchObject({ code: 'session-closed' });
    });

    test('is made by the file that is named', () => {
      const bytes = readFileSync(model);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sileroFile.sha256);
      expect(bytes.length).toBe(sileroFile.sizeBytes);
    });

    test('refuses another model', async () => {
      const dnsmos = join(shared, 'weights', 'dnsmos', 'dnsmos_p808_model_v8.onnx');
      const error = await openVoiceActivity(dnsmos).catch((thrown: unknown) => thrown);
      expect(isSpeechTokensError(error, 'checkpoint-invalid')).toBe(true);
    });
  },
);
