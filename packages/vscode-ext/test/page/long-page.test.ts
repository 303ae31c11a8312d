import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeWav } from '@speech-tokens/audio-files';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, withoutChromium } from '../workbench/chromium-path.ts';
import { tone, writeLongWav, writeRepeatedMp3 } from '../workbench/long-files.ts';
import { launchChromium } from '../workbench/workbench.ts';
import { buildPage, openRealPage, type RealPage } from './real-page.ts';

const mp3 = fileURLToPath(new URL('../../../audio-files/test/fixtures/mono-16k-no-header.mp3', import.meta.url));
/** Long enough for a machine that has other work. */
const patienceMs = 300_000;

const title = chromiumPath === undefined ? `long recordings (skipped: ${withoutChromium})` : 'long recordings';
describe.skipIf(chromiumPath === undefined)(title, { timeout: 2 * patienceMs }, () => {
  let browser: Browser;
  let script: string;
  let scratch: string;
  let opened: RealPage;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'long-page-'));
    script = await buildPage();
    browser = await launchChromium(chromiumPath!);
  }, patienceMs);
  afterAll(async () => {
    await browser?.close();
    await rm(scratch, { recursive: true, force: true });
  });
  afterEach(() => opened.close());

  async function open(path: string) {
    opened = await openRealPage(browser, script, path);
    const { page } = opened;
    page.setDefaultTimeout(patienceMs);
    /** From now on, the largest sample of every buffer that is handed to the audio system. */
    await page.evaluate(() => {
      const peaks: number[] = [];
      Object.assign(globalThis, { peaks });
      const start = AudioBufferSourceNode.prototype.start;
      AudioBufferSourceNode.prototype.start = function (...times) {
        peaks.push(this.buffer!.getChannelData(0).reduce((most, value) => Math.max(most, Math.abs(value)), 0));
        start.apply(this, times);
      };
    });
    return {
      page,
      peaks: () => page.evaluate(() => (globalThis as unknown as { peaks: number[] }).peaks),
      seconds: async () => Number.parseFloat((await page.getByLabel('Playhead').textContent())!),
      async seek(share: number) {
        const track = page.locator('.token-view-track').nth(1);
        const { width, height } = (await track.boundingBox())!;
        await track.click({ position: { x: share * width, y: height / 2 } });
      },
    };
  }
  const until = <Value>(read: () => Promise<Value> | Value) => expect.poll(read, { timeout: patienceMs });

  test('forty minutes of WAV play from their middle, and their lanes fill in and can be cancelled', async () => {
    const path = join(scratch, 'long.wav');
    await writeLongWav(path, 2400, 1195);
    const { page, peaks, seconds, seek } = await open(path);
    await until(() => page.locator('.token-view canvas').count()).toBe(3 + 8);
    const heading = page.locator('.token-view-heading');
    expect(await heading.textContent()).toContain('coming');
    await page.getByText(/^Tokenizing with rvq:speech-16khz: \d+ %/).waitFor();
    // What needs whole sounds, or all of the tokens, is not offered.
    for (const name of ['Difference', 'Decoded as loud as the recording']) {
      expect(await page.getByRole('checkbox', { name, exact: true }).isDisabled()).toBe(true);
    }
    expect(await page.getByRole('button', { name: 'mute' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await until(() => heading.textContent()).toMatch(/partial: the first \d+ s/);
    expect(await page.getByRole('alert').textContent()).toContain('cancelled');
    // What there is can be worked with, and is said to be a part.
    const sound = page.getByRole('combobox', { name: 'Sound', exact: true });
    await until(() => sound.locator('option').allTextContents()).toEqual([
      'recording',
      'decoded: rvq:speech-16khz, partial',
    ]);
    expect(await page.getByRole('button', { name: 'mute' }).count()).toBe(8);
    expect(await page.getByRole('heading', { name: 'rvq:speech-16khz' }).count()).toBe(1);
    await sound.selectOption('rvq:speech-16khz');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await until(seconds).toBeGreaterThan(0.3);
    await page.getByRole('button', { name: 'Pause' }).click();
    await sound.selectOption('recording');
    await seek(0.5);
    const start = await seconds();
    expect(Math.abs(start - 1200)).toBeLessThan(4);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await until(async () => (await seconds()) - start).toBeGreaterThan(0.3);
    expect(Math.max(...(await peaks()))).toBeGreaterThan(0.4);
    // From another place, while it plays: silence.
    await seek(0.9);
    await until(seconds).toBeGreaterThan(2150);
    const before = (await peaks()).length;
    await until(async () => (await peaks()).length).toBeGreaterThan(before);
    expect(Math.max(...(await peaks()).slice(before))).toBe(0);
  });

  test('forty minutes of MP3, which must be decoded from its start, play from their middle', async () => {
    const path = join(scratch, 'long.mp3');
    await writeRepeatedMp3(mp3, path, 2400);
    const { page, peaks, seconds, seek } = await open(path);
    await page.locator('.token-view-label', { hasText: 'spectrogram' }).waitFor();
    await seek(0.5);
    const start = await seconds();
    expect(start).toBeGreaterThan(1100);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await until(async () => (await seconds()) - start).toBeGreaterThan(0.3);
    expect(Math.max(...(await peaks()))).toBeGreaterThan(0.2);
  });

  test('a file that has changed is read again, at the place that was in view; a deleted one says so', async () => {
    const path = join(scratch, 'growing.wav');
    const write = (length: number): Promise<void> =>
      writeFile(path, encodeWav({ sampleRateHz: 16_000, channels: [tone(16_000, length)] }));
    await write(2);
    const { page, seconds, seek } = await open(path);
    await page.getByText(/^SI-SDR: /).waitFor();
    await seek(0.5);
    const place = await seconds();
    await write(4);
    opened.forget();
    await opened.peer.request('fileChanged', 'changed');
    await page.getByText(/^4\.00 s · 16 kHz/).waitFor();
    await page.getByText('growing.wav has changed on disk and was read again.').waitFor();
    await page.getByText(/^SI-SDR: /).waitFor();
    expect(await seconds()).toBe(place);
    await opened.peer.request('fileChanged', 'deleted');
    await page.getByText('growing.wav was deleted').waitFor();
  });
});
