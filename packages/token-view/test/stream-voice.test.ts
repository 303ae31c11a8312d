import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, launchChromium, withoutChromium } from './chromium.ts';

// A sound that is read by ranges, as it reaches the ears, in a real browser.

/** What the page of the test has. */
interface Rendering {
  /** A tone of 440 Hz at 16 kHz, of 9 s, that is played from a place for some seconds at a context of 48 kHz. */
  render(options: {
    readonly place: number;
    readonly seconds: number;
    readonly speed: number;
    readonly stretch?: { readonly start: number; readonly end: number };
  }): Promise<{ readonly samples: number[]; readonly reads: (readonly [number, number])[] }>;
}

const script = `
import { createStreamVoice } from './src/player/stream-voice.ts';
globalThis.render = async ({ place, seconds, speed, stretch }) => {
  const context = new OfflineAudioContext(1, Math.round(48000 * seconds), 48000);
  const reads = [];
  const voice = createStreamVoice(context, {
    title: 'tone', sampleRateHz: 16000, channelCount: 1, sampleCount: 9 * 16000,
    async read(start, end) {
      reads.push([start, end]);
      return [Float32Array.from({ length: end - start }, (_, n) => 0.5 * Math.sin((2 * Math.PI * 440 * (start + n)) / 16000))];
    },
  }, (error) => { throw error; });
  await voice.load(place);
  const running = voice.start(context.destination, { sinceTime: 0, place, speed, stretch });
  // All that is wanted within the time comes before anything is rendered.
  await new Promise((done) => setTimeout(done, 500));
  const buffer = await context.startRendering();
  running.stop();
  return { samples: [...buffer.getChannelData(0)], reads };
};
`;

describe.skipIf(chromiumPath === undefined)(
  chromiumPath === undefined ? `sound by ranges (skipped: ${withoutChromium})` : 'sound by ranges',
  () => {
    let browser: Browser;
    let page: Page;
    beforeAll(async () => {
      const { outputFiles } = await build({
        stdin: { contents: script, resolveDir: fileURLToPath(new URL('..', import.meta.url)), loader: 'ts' },
        bundle: true,
        write: false,
        format: 'iife',
      });
      browser = await launchChromium();
      page = await browser.newPage();
      await page.addScriptTag({ content: outputFiles[0]!.text });
    });
    afterAll(() => browser.close());
    const render: Rendering['render'] = (options) =>
      page.evaluate((given) => (globalThis as unknown as Rendering).render(given), options);

    /** How far samples are from the tone, from some second on. */
    function largestDifference(samples: readonly number[], from: number, to: number, at: (time: number) => number) {
      let most = 0;
      for (let i = Math.round(48_000 * from); i < Math.round(48_000 * to); i++) {
        const tone = 0.5 * Math.sin(2 * Math.PI * 440 * at(i / 48_000));
        most = Math.max(most, Math.abs(samples[i]! - tone));
      }
      return most;
    }

    // Between samples the browser draws lines: at 440 Hz and 16 kHz these are up to 0.002 away.
    test.each([
      ['at its own speed', 1],
      ['faster', 1.5],
      ['slower', 0.75],
    ])('there is no gap and no click between pieces: %s', async (_, speed) => {
      const { samples } = await render({ place: 1.3, seconds: 2.5, speed });
      expect(largestDifference(samples, 0.05, 2.45, (time) => 1.3 + time * speed)).toBeLessThan(0.01);
    });

    test('it reads the piece that is heard first, and only what comes next', async () => {
      const { reads } = await render({ place: 5, seconds: 0.5, speed: 1 });
      expect(reads[0]).toEqual([4 * 16_000, 6 * 16_000]);
      expect(reads.slice(1)).toEqual([[6 * 16_000, 8 * 16_000]]);
    });

    test('a stretch is played over and over', async () => {
      const stretch = { start: 1.9, end: 2.4 };
      const { samples } = await render({ place: 1.9, seconds: 1.4, speed: 1, stretch });
      expect(largestDifference(samples, 0.05, 0.45, (time) => 1.9 + time)).toBeLessThan(0.01);
      expect(largestDifference(samples, 0.55, 0.95, (time) => 1.4 + time)).toBeLessThan(0.01);
      expect(largestDifference(samples, 1.05, 1.35, (time) => 0.9 + time)).toBeLessThan(0.01);
    });

    test('it ends with the sound', async () => {
      const { samples } = await render({ place: 8.5, seconds: 1, speed: 1 });
      expect(Math.max(...samples.slice(0, 20_000).map(Math.abs))).toBeGreaterThan(0.49);
      expect(samples.slice(24_100).every((sample) => sample === 0)).toBe(true);
    });
  },
);
