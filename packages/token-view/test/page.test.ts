import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { reportPage } from '../src/report/index.ts';
import { chromiumPath, launchChromium, withoutChromium } from './chromium.ts';
import { buildPageScript, sampleReport } from './support.ts';

// A report page as somebody opens it from disk, in a real browser.

let browser: Browser;
let folder: string;
let url: string;
let pages: Page[] = [];

describe.skipIf(chromiumPath === undefined)(
  chromiumPath === undefined ? `a report page (skipped: ${withoutChromium})` : 'a report page',
  () => {
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'report-'));
      const path = join(folder, 'report.html');
      await writeFile(path, reportPage(sampleReport(), await buildPageScript()));
      url = pathToFileURL(path).href;
      browser = await launchChromium();
    });
    afterAll(async () => {
      await browser.close();
      await rm(folder, { recursive: true });
    });
    afterEach(async () => {
      for (const page of pages) await page.context().close();
      pages = [];
    });

    /** Opened; errors and violations of its policy fail the test. */
    async function opened(options: BrowserContextOptions = {}): Promise<Page> {
      const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, ...options });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text());
      });
      await page.goto(url);
      await page.waitForFunction(() => document.querySelectorAll('.token-view canvas').length > 0);
      await frame(page);
      expect(problems).toEqual([]);
      pages.push(page);
      page.on('close', () => expect(problems).toEqual([]));
      return page;
    }

    /** Until what was asked for is drawn. */
    const frame = (page: Page): Promise<void> =>
      page.evaluate(
        () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
      );

    /** Colours of a row's canvas along its middle, in steps of a pixel. */
    const coloursOf = (page: Page, row: number): Promise<string[]> =>
      page.evaluate((index) => {
        const canvas = document.querySelectorAll<HTMLCanvasElement>('.token-view canvas')[index]!;
        const { width, height } = canvas;
        const { data } = canvas.getContext('2d')!.getImageData(0, Math.floor(height / 2) - 6, width, 1);
        return Array.from({ length: width }, (_, x) => data.subarray(4 * x, 4 * x + 4).join());
      }, row);
    const status = (page: Page): Promise<string | null> => page.locator('.token-view-status').textContent();
    const focusLanes = (page: Page): Promise<void> => page.locator('.token-view-track[tabindex="0"]').focus();

    test('draws axis, waveform, spectrogram and a lane for each codebook', async () => {
      const page = await opened();
      expect(await page.locator('.token-view canvas').count()).toBe(3 + 4);
      for (const row of [1, 2, 3, 6]) expect(new Set(await coloursOf(page, row)).size).toBeGreaterThan(1);
      // 100 tokens of 512 in a lane 50 times a second: a boundary every 20 ms.
      expect(new Set(await coloursOf(page, 3)).size).toBeGreaterThan(50);
      expect(await page.locator('h3').allTextContents()).toEqual(['test:coarse', 'test:fine']);
    });

    test('is used with keys alone', async () => {
      const page = await opened();
      await focusLanes(page);
      await page.keyboard.press('ArrowRight');
      expect(await status(page)).toContain('test:coarse, codebook-0: id ');
      expect(await status(page)).toContain('token 0, 0 to 20 ms');
      for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
      expect(await status(page)).toContain('token 3, 60 to 80 ms');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      expect(await status(page)).toContain('test:fine, codebook-0: id ');
      expect(await status(page)).toContain('token 1, 40 to 80 ms');
      // The focus goes with the cursor, and what has it says what is under it.
      const label = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
      expect(label).toBe(await status(page));
      await page.keyboard.press(']');
      await page.keyboard.press('End');
      expect(await status(page)).toContain('token 199, 1990 to 2000 ms');
      const before = await coloursOf(page, 6);
      await page.keyboard.press('Home');
      for (let i = 0; i < 6; i++) await page.keyboard.press('+');
      await frame(page);
      expect(await coloursOf(page, 6)).not.toEqual(before);
      await page.keyboard.press('0');
      for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowRight');
      expect(await page.locator('#copy').isEnabled()).toBe(true);
      await page.keyboard.press('Escape');
      expect(await page.locator('#copy').isEnabled()).toBe(false);
    });

    test('a click on a token marks its uses; the wheel zooms around the pointer; a drag selects', async () => {
      const page = await opened();
      const lane = page.locator('.token-view-track').nth(3);
      const box = (await lane.boundingBox())!;
      const [x, y] = [box.x + box.width * 0.501, box.y + box.height / 2];
      const before = await coloursOf(page, 3);
      await page.mouse.click(x, y);
      await frame(page);
      expect(await status(page)).toContain('token 50, 1000 to 1020 ms');
      expect(await coloursOf(page, 3)).not.toEqual(before);
      await page.mouse.click(x, y);
      await page.keyboard.press('Escape');
      await page.mouse.move(x, y);
      await page.keyboard.down('Control');
      for (let i = 0; i < 10; i++) await page.mouse.wheel(0, -200);
      await page.keyboard.up('Control');
      await frame(page);
      await page.mouse.move(x + 1, y);
      expect(await status(page)).toContain('token 50, 1000 to 1020 ms');
      await page.mouse.move(box.x + 100, y);
      await page.mouse.down();
      await page.mouse.move(box.x + 300, y, { steps: 5 });
      await page.mouse.up();
      expect(await page.locator('#copy').isEnabled()).toBe(true);
    });

    test('plays, and changes to the decoded sound at the same place', async () => {
      const page = await opened();
      // What reaches the ears: the page's sound runs through these gains.
      await page.evaluate(() => {
        const made: GainNode[] = [];
        Object.assign(globalThis, { made });
        const create = AudioContext.prototype.createGain;
        AudioContext.prototype.createGain = function () {
          const gain = create.call(this);
          made.push(gain);
          return gain;
        };
      });
      const gains = (): Promise<number[]> =>
        page.evaluate(() =>
          (globalThis as unknown as { made: GainNode[] }).made.slice(-2).map(({ gain }) => gain.value),
        );
      const seconds = async (): Promise<number> => Number.parseFloat((await page.locator('#clock').textContent())!);
      await page.locator('#play').click();
      await page.waitForFunction(() => Number.parseFloat(document.getElementById('clock')!.textContent) > 0.2);
      expect(await page.locator('#play').textContent()).toBe('Pause');
      expect(await gains()).toEqual([1, 0]);
      const before = await seconds();
      await page.locator('#sound').selectOption('1');
      await page.waitForFunction(() => (globalThis as unknown as { made: GainNode[] }).made.at(-1)!.gain.value > 0.95);
      expect((await gains())[0]).toBeLessThan(0.05);
      expect(await seconds()).toBeGreaterThanOrEqual(before);
      await page.locator('#play').click();
      const stopped = await seconds();
      await page.waitForTimeout(100);
      expect(await seconds()).toBe(stopped);
      expect(await page.locator('#play').textContent()).toBe('Play');
    });

    test('near enough, curve and spectrogram are made of the samples themselves', async () => {
      const page = await opened();
      await focusLanes(page);
      await page.keyboard.press('End');
      for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft');
      for (let i = 0; i < 12; i++) await page.keyboard.press('+');
      // 2 s / 1.5¹² are 15 ms, in which the recording's own spectrogram, a column every 5 ms, changes 4 times at most.
      const changes = async (): Promise<number> =>
        (await coloursOf(page, 2)).filter((colour, x, colours) => x > 0 && colour !== colours[x - 1]).length;
      await expect.poll(changes, { timeout: 20_000 }).toBeGreaterThan(8);
      for (let i = 0; i < 8; i++) await page.keyboard.press('+');
      await frame(page);
      // 64 samples in view, each with its point: between them the curve is thin, so the middle has little of it.
      const drawn = (await coloursOf(page, 1)).filter((colour) => !colour.endsWith(',0')).length;
      expect(drawn).toBeGreaterThan(0);
      expect(drawn).toBeLessThan(400);
    });

    test('the playhead is dragged along the times, and moved by keys', async () => {
      const page = await opened();
      const places = async (): Promise<number[]> =>
        (await coloursOf(page, 0)).flatMap((colour, x) => (colour.endsWith(',0') ? [] : [x]));
      const times = (await page.locator('.token-view-axis').boundingBox())!;
      const y = times.y + times.height / 2;
      await page.mouse.move(times.x + times.width * 0.2, y);
      await page.mouse.down();
      await page.mouse.move(times.x + times.width * 0.55, y, { steps: 4 });
      await page.mouse.up();
      await frame(page);
      const near = (place: number): boolean => Math.abs(place - times.width * 0.55) < 3;
      expect((await places()).some(near)).toBe(true);
      expect(await page.locator('#copy').isEnabled()).toBe(false);
      await focusLanes(page);
      for (let i = 0; i < 5; i++) await page.keyboard.press('.');
      await frame(page);
      expect((await places()).some(near)).toBe(false);
      for (let i = 0; i < 5; i++) await page.keyboard.press(',');
      await frame(page);
      expect((await places()).some(near)).toBe(true);
    });

    test('how often codes occur stands there as pictures and in words', async () => {
      const page = await opened();
      const details = page.locator('details', { hasText: 'How often codes occur' }).first();
      await details.locator('summary').click();
      expect(await details.getByRole('img').count()).toBe(2 * 2);
      expect(await details.getByRole('img', { name: 'codebook-1, codes by id' }).isVisible()).toBe(true);
      expect(await details.locator('figcaption').first().textContent()).toMatch(/codebook-0: \d+ of 512 codes occur/);
    });

    test('tokens stand in a table too', async () => {
      const page = await opened();
      await page.locator('#table summary').click();
      await page.waitForFunction(() => document.querySelectorAll('#rows tr').length > 0);
      expect(await page.locator('#rows tr').count()).toBe(100 + 100 + 50 + 200);
      const first = await page.locator('#rows tr').first().locator('td').allTextContents();
      expect(first.slice(0, 4)).toEqual(['test:coarse', 'codebook-0', '0', '0']);
    });

    test.each([
      ['light', { colorScheme: 'light' }],
      ['dark', { colorScheme: 'dark' }],
      ['forced colours', { forcedColors: 'active' }],
    ] as const)('an accessibility checker finds nothing: %s', async (_, options) => {
      const page = await opened(options);
      for (const summary of await page.locator('summary').all()) await summary.click();
      await page.evaluate(axe.source);
      const found = await page.evaluate(async () => {
        const { violations } = await (
          globalThis as unknown as {
            axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
          }
        ).axe.run();
        return violations.map(({ id, impact, nodes }) => `${impact}: ${id}: ${nodes[0]?.html.slice(0, 200)}`);
      });
      expect(found).toEqual([]);
    });

    test('themes differ in what is drawn', async () => {
      const light = await coloursOf(await opened({ colorScheme: 'light' }), 1);
      const dark = await coloursOf(await opened({ colorScheme: 'dark' }), 1);
      expect(light).not.toEqual(dark);
    });
  },
);
