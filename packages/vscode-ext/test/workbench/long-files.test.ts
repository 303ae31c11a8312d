import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeWav } from '@speech-tokens/audio-files';
import type { FrameLocator, Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { tone, writeLongWav, writeRepeatedMp3 } from './long-files.ts';
import { describeInWorkbench, until } from './suite.ts';
import { frameOf, openAsTokens } from './workbench.ts';

// Recordings of an hour, and files that change, in a real VS Code workbench.

const fixtures = fileURLToPath(new URL('../../../audio-files/test/fixtures', import.meta.url));

async function prepare(folder: string): Promise<void> {
  await writeLongWav(join(folder, 'hour.wav'), 3600, 1795);
  await writeRepeatedMp3(join(fixtures, 'mono-16k-no-header.mp3'), join(folder, 'long.mp3'), 2400);
}

describeInWorkbench('long files in a workbench', undefined, prepare, (suite) => {
  let page: Page;

  async function opened(file: string): Promise<FrameLocator> {
    const workbench = await suite.shared();
    page = await suite.open(workbench);
    onTestFinished(async () => {
      // The extension outlives its page for a while, and an hour of tokens would slow down the tests that follow.
      for (const pid of await workbench.inferencePids()) process.kill(pid, 'SIGKILL');
    });
    return openAsTokens(page, file);
  }
  const seconds = async (editor: FrameLocator): Promise<number> =>
    Number.parseFloat((await editor.getByLabel('Playhead').textContent())!);
  const cancel = (editor: FrameLocator) => editor.getByRole('button', { name: 'Cancel' }).click();

  /** From now on, the largest sample of every buffer that is handed to the audio system. */
  async function listen(editor: FrameLocator): Promise<() => Promise<readonly number[]>> {
    const frame = await frameOf(editor);
    await frame.evaluate(() => {
      const peaks: number[] = [];
      Object.assign(globalThis, { peaks });
      const start = AudioBufferSourceNode.prototype.start;
      AudioBufferSourceNode.prototype.start = function (...times) {
        peaks.push(this.buffer!.getChannelData(0).reduce((most, value) => Math.max(most, Math.abs(value)), 0));
        start.apply(this, times);
      };
    });
    return () => frame.evaluate(() => (globalThis as unknown as { peaks: number[] }).peaks);
  }

  /** Puts the playhead there by a click on the waveform. */
  async function seek(editor: FrameLocator, share: number): Promise<void> {
    const track = editor.locator('.token-view-track').nth(1);
    const { width, height } = (await track.boundingBox())!;
    await track.click({ position: { x: share * width, y: height / 2 } });
  }

  test('an hour of WAV shows its waveform at once and plays from its middle', async () => {
    const editor = await opened('hour.wav');
    await editor.getByText('1:00:00 · 16 kHz').waitFor();
    await editor.locator('.token-view-label', { hasText: 'spectrogram' }).waitFor();
    const peaks = await listen(editor);
    await seek(editor, 0.5);
    const start = await seconds(editor);
    expect(Math.abs(start - 1800)).toBeLessThan(5);
    await editor.getByRole('button', { name: 'Play', exact: true }).click();
    await until(async () => (await seconds(editor)) - start).toBeGreaterThan(0.5);
    expect(Math.max(...(await peaks()))).toBeGreaterThan(0.4);
    // From another place, while it plays: silence.
    await seek(editor, 0.9);
    await until(() => seconds(editor)).toBeGreaterThan(3230);
    const before = (await peaks()).length;
    await until(async () => (await peaks()).length).toBeGreaterThan(before);
    expect(Math.max(...(await peaks()).slice(before))).toBe(0);
    expect(await editor.getByRole('alert').count()).toBe(0);
  });

  test('forty minutes of MP3, which must be decoded from its start, plays from its middle', async () => {
    const editor = await opened('long.mp3');
    await editor.locator('.token-view-label', { hasText: 'spectrogram' }).waitFor();
    const peaks = await listen(editor);
    await seek(editor, 0.5);
    const start = await seconds(editor);
    expect(start).toBeGreaterThan(1100);
    await editor.getByRole('button', { name: 'Play', exact: true }).click();
    await until(async () => (await seconds(editor)) - start).toBeGreaterThan(0.5);
    expect(Math.max(...(await peaks()))).toBeGreaterThan(0.2);
  });

  test('closer pictures are made of what is in view', async () => {
    const editor = await opened('hour.wav');
    await editor.locator('.token-view-label', { hasText: 'spectrogram' }).waitFor();
    const frame = await frameOf(editor);
    /** Colours along a row of pixels of the spectrogram. */
    const colours = (): Promise<number> =>
      frame.evaluate(() => {
        const canvas = document.querySelectorAll<HTMLCanvasElement>('.token-view canvas')[2]!;
        const { data } = canvas.getContext('2d')!.getImageData(0, canvas.height - 12, canvas.width, 1);
        return new Set(new Uint32Array(data.buffer)).size;
      });
    const track = editor.locator('.token-view-track').nth(2);
    const { width, height } = (await track.boundingBox())!;
    // To the start of the tone, at 1795 s: 1.8 s of it are in a pixel at first.
    await track.hover({ position: { x: (width * 1795) / 3600, y: height / 2 } });
    await page.keyboard.down('Control');
    for (let i = 0; i < 24; i++) await page.mouse.wheel(0, -100);
    await page.keyboard.up('Control');
    // The edge of the tone between two columns of the whole is blurred by windows of 32 ms, and by none of 0.9 s.
    await until(colours).toBeGreaterThan(4);
  });

  test('lanes fill in; a cancelled run leaves what there is, says so, and can be heard and exported', async () => {
    const editor = await opened('hour.wav');
    await until(() => editor.locator('.token-view canvas').count()).toBe(3 + 8);
    await editor.getByText(/^Tokenizing with rvq:speech-16khz: \d+ %, \d+ (s|min) left$/).waitFor();
    const heading = editor.locator('.token-view-heading');
    expect(await heading.textContent()).toContain('coming');
    await cancel(editor);
    await until(() => heading.textContent()).toMatch(/partial: the first \d+ s/);
    expect(await editor.getByRole('alert').textContent()).toContain('cancelled');
    expect(await editor.locator('.token-view canvas').count()).toBe(3 + 8);
    await editor.locator('.token-view-track[tabindex="0"]').focus();
    await page.keyboard.press('ArrowRight');
    await until(() => editor.locator('.token-view-status').textContent()).toMatch(
      /codebook-0: id \d+ of 1024, token 0,/,
    );
    const count = Number(/the first (\d+) s/.exec((await heading.textContent())!)![1]);
    const peaks = await listen(editor);
    const sound = editor.getByRole('combobox', { name: 'Sound', exact: true });
    await until(() => sound.locator('option').allTextContents()).toContain('decoded: rvq:speech-16khz, partial');
    await sound.selectOption('rvq:speech-16khz');
    await editor.getByRole('button', { name: 'Play', exact: true }).click();
    await until(() => seconds(editor)).toBeGreaterThan(0.3);
    expect((await peaks()).length).toBeGreaterThan(0);
    await editor.getByRole('button', { name: 'Pause' }).click();
    await editor.getByRole('button', { name: 'Export all' }).click();
    await page.locator('.quick-input-widget input').waitFor();
    await page.keyboard.press('Enter');
    const saved = await editor.getByText(/^Saved hour\.0-\d+ms\.json, as far as these tokens go\.$/).textContent();
    expect(Math.floor(Number(/0-(\d+)ms/.exec(saved!)![1]) / 1000)).toBe(count);
    await editor.getByRole('button', { name: 'Try again' }).click();
    await editor.getByText(/^Tokenizing with rvq:speech-16khz/).waitFor();
  });

  test('a file that grows is read again, at the place that was in view; a deleted one says so', async () => {
    const path = join(suite.folder, 'growing.wav');
    const wav = encodeWav({ sampleRateHz: 16_000, channels: [tone(16_000, 4)] });
    // A header as written by recorders: it does not know the length yet.
    const headerBytes = wav.length - 4 * 32_000;
    new DataView(wav.buffer).setUint32(4, 0xffffffff, true);
    new DataView(wav.buffer).setUint32(headerBytes - 4, 0xffffffff, true);
    await writeFile(path, wav.subarray(0, headerBytes + 2 * 32_000));
    const editor = await opened('growing.wav');
    await editor.getByText(/^2\.00 s · 16 kHz/).waitFor();
    await editor.getByText(/^SI-SDR: /).waitFor();
    await seek(editor, 0.5);
    const place = await seconds(editor);
    for (let half = 4; half < 8; half++) {
      await appendFile(path, wav.subarray(headerBytes + half * 16_000, headerBytes + (half + 1) * 16_000));
      await page.waitForTimeout(100);
    }
    await editor.getByText('growing.wav has changed on disk and was read again.').waitFor();
    await editor.getByText(/^4\.00 s · 16 kHz/).waitFor();
    await editor.getByText(/^SI-SDR: /).waitFor();
    expect(await seconds(editor)).toBe(place);
    const whole = await readFile(path);
    await rm(path);
    await editor.getByText('growing.wav was deleted').waitFor();
    await writeFile(path, whole.subarray(0, headerBytes + 32_000));
    await editor.getByText(/^1\.00 s · 16 kHz/).waitFor();
  });
});
