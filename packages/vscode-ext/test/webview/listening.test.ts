import { createRandom } from '@speech-tokens/core';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AbxSide, startAbx } from '../../src/document/index.ts';
import { chromiumPath, withoutChromium } from '../workbench/chromium-path.ts';
import { launchChromium } from '../workbench/workbench.ts';
import { buildPage, type Heard, openPage } from './open-page.ts';

// The page of an editor alone, in a real browser: what is heard, and what is compared.

let browser: Browser;
let script: string;
let page: Page;
let problems: readonly string[];

describe.skipIf(chromiumPath === undefined)(
  chromiumPath === undefined ? `a page (skipped: ${withoutChromium})` : 'a page',
  { timeout: 60_000 },
  () => {
    beforeAll(async () => {
      script = await buildPage();
      browser = await launchChromium(chromiumPath!);
    }, 60_000);
    afterAll(() => browser.close());
    afterEach(async () => {
      expect(problems).toEqual([]);
      await page.context().close();
    });

    async function opened(seed?: number): Promise<void> {
      ({ page, problems } = await openPage(browser, script, seed));
    }
    const heard = <Value>(read: (heard: Heard) => Value): Promise<Value> =>
      page.evaluate(`(${read})(globalThis.heard)`) as Promise<Value>;
    const asked = (): Promise<unknown[]> =>
      page.evaluate(() => (globalThis as unknown as { asked: unknown[] }).asked.splice(0));
    const control = (label: string) => page.getByRole('combobox', { name: label, exact: true });
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const box = (name: string) => page.getByRole('checkbox', { name, exact: true });
    const until = <Value>(read: () => Promise<Value>) => expect.poll(read, { timeout: 20_000 });

    describe('sounds', () => {
      test('Alt and a number hear a tokenizer, and the editor does not get the key', async () => {
        await opened();
        await page.evaluate(() => {
          const keys: string[] = [];
          addEventListener('keydown', ({ code }) => keys.push(code));
          Object.assign(globalThis, { keys });
        });
        const sound = control('Sound');
        await page.locator('.token-view-track[tabindex="0"]').focus();
        for (const [key, choice] of [
          ['Alt+2', 'test:whole'],
          ['Alt+1', 'test:four'],
          ['Alt+3', 'test:one'],
          // There are three.
          ['Alt+4', 'test:one'],
        ] as const) {
          await page.keyboard.press(key);
          expect(await sound.inputValue()).toBe(choice);
        }
        const keys = await page.evaluate(() => (globalThis as unknown as { keys: string[] }).keys);
        expect(keys.filter((code) => code.startsWith('Digit'))).toEqual([]);
        await page.keyboard.press('d');
        expect(await sound.inputValue()).toBe('recording');
      });

      test('decoded sounds are as loud as the recording where that is wanted', async () => {
        await opened();
        // A selection is played over and over.
        const waveform = (await page.locator('.token-view-track').nth(1).boundingBox())!;
        await page.mouse.move(waveform.x + 20, waveform.y + 20);
        await page.mouse.down();
        await page.mouse.move(waveform.x + 400, waveform.y + 20, { steps: 3 });
        await page.mouse.up();
        await button('Play').click();
        const gains = () => heard(({ gains: made }) => made.slice(-4).map(({ gain }) => Number(gain.value.toFixed(2))));
        await until(gains).toEqual([1, 0, 0, 0]);
        await page.keyboard.press('Alt+1');
        await until(gains).toEqual([0, 1, 0, 0]);
        await box('Decoded as loud as the recording').check();
        // The recording is twice as loud.
        await until(gains).toEqual([0, 2, 0, 0]);
        await page.keyboard.press('d');
        await until(gains).toEqual([1, 0, 0, 0]);
        await button('Pause').click();
      });

      test('the difference is a lane and a sound', async () => {
        await opened();
        const canvases = () => page.locator('.token-view canvas').count();
        expect(await canvases()).toBe(3 + 7);
        await asked();
        await box('Difference').check();
        await until(canvases).toBe(3 + 7 + 3);
        expect(await page.getByText('difference, -6.0 dB').count()).toBe(3);
        expect((await asked()).map((wanted) => (wanted as { withDifference: boolean }).withDifference)).toEqual([
          true,
          true,
          true,
        ]);
        await page.keyboard.press('Alt+2');
        await page.keyboard.press('Shift+D');
        expect(await control('Sound').inputValue()).toBe('difference test:whole');
        await box('Difference').uncheck();
        await until(canvases).toBe(3 + 7);
        expect(await control('Sound').inputValue()).toBe('test:whole');
        // By its key alone.
        await page.keyboard.press('Shift+D');
        await until(canvases).toBe(3 + 7 + 3);
        expect(await box('Difference').isChecked()).toBe(true);
      });
    });

    describe('muting', () => {
      const mute = (lane: number, title = 'test:four') => button(`Mute codebook-${lane} of ${title}`);
      const pressed = async (): Promise<(string | null)[]> =>
        Promise.all([0, 1, 2, 3].map((lane) => mute(lane).getAttribute('aria-pressed')));

      test('a lane leaves the codebooks before it, by its button and by M', async () => {
        await opened();
        await asked();
        await mute(2).click();
        expect(await pressed()).toEqual(['false', 'false', 'true', 'true']);
        expect(await control('Codebooks').inputValue()).toBe('2');
        expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toBe('Mute codebook-2 of test:four');
        await until(asked).toContainEqual({ tokenizer: 'test:four', codebookCount: 2, withDifference: false });
        // The focus stays on it when what was decoded comes.
        expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toBe('Mute codebook-2 of test:four');
        await page.keyboard.press('Enter');
        expect(await pressed()).toEqual(['false', 'false', 'false', 'true']);
        await page.locator('.token-view-track[tabindex="0"]').focus();
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press(']');
        await page.keyboard.press('m');
        expect(await pressed()).toEqual(['false', 'true', 'true', 'true']);
        await mute(3).click();
        expect(await control('Codebooks').inputValue()).toBe('all');
      });

      test('a lane that cannot be muted says why', async () => {
        await opened();
        await asked();
        expect(await mute(0).getAttribute('title')).toContain('The first codebook is always heard');
        expect(await mute(1, 'test:whole').getAttribute('title')).toContain('all of its codebooks together');
        for (const one of [mute(0), mute(1, 'test:whole')]) {
          expect(await one.getAttribute('aria-disabled')).toBe('true');
          await one.click({ force: true });
        }
        expect(await mute(0, 'test:one').count()).toBe(0);
        expect(await pressed()).toEqual(['false', 'false', 'false', 'false']);
        expect(await asked()).toEqual([]);
      });
    });

    describe('scrubbing', () => {
      const grains = () =>
        heard(({ starts }) => starts.filter(({ seconds }) => seconds !== undefined).map(({ offset }) => offset));
      const clock = async (): Promise<number> => Number.parseFloat((await page.getByLabel('Playhead').textContent())!);
      async function dragAlongTheTimes(): Promise<void> {
        const times = (await page.locator('.token-view-axis').boundingBox())!;
        const y = times.y + times.height / 2;
        await page.mouse.move(times.x + times.width * 0.25, y);
        await page.mouse.down();
        await page.mouse.move(times.x + times.width * 0.5, y, { steps: 10 });
        await page.mouse.up();
      }

      test('the playhead is dragged along the times, and grains of what is there are heard', async () => {
        await opened();
        await dragAlongTheTimes();
        expect(await clock()).toBeCloseTo(1, 1);
        const offsets = await grains();
        expect(offsets.length).toBeGreaterThan(0);
        for (const offset of offsets) {
          expect(offset).toBeGreaterThan(0.4);
          expect(offset).toBeLessThan(1.1);
        }
        // Nothing was selected.
        expect(await button('Export all').count()).toBe(1);
      });

      test('with Shift, it goes along with the pointer', async () => {
        await opened();
        const lane = (await page.locator('.token-view-track').nth(4).boundingBox())!;
        await page.keyboard.down('Shift');
        await page.mouse.move(lane.x + lane.width * 0.6, lane.y + 5);
        await page.mouse.move(lane.x + lane.width * 0.75, lane.y + 5);
        await page.keyboard.up('Shift');
        await page.mouse.move(lane.x + lane.width * 0.9, lane.y + 5);
        expect(await clock()).toBeCloseTo(1.5, 1);
      });

      test('keys do the same', async () => {
        await opened();
        await page.locator('.token-view-track[tabindex="0"]').focus();
        for (let i = 0; i < 5; i++) await page.keyboard.press('.');
        expect(await clock()).toBeCloseTo(0.1, 5);
        await page.keyboard.press(',');
        expect(await clock()).toBeCloseTo(0.08, 5);
        expect((await grains()).length).toBeGreaterThan(0);
      });

      test('is silent for who wants it so', async () => {
        await opened();
        await box('Sound while scrubbing').uncheck();
        await dragAlongTheTimes();
        expect(await clock()).toBeCloseTo(1, 1);
        expect(await heard(({ starts }) => starts.length)).toBe(0);
      });
    });

    test('histograms show how often codes occur, in two orders, and say it', async () => {
      await opened();
      const details = page.locator('details', { hasText: 'How often codes occur' }).first();
      await details.locator('summary').click();
      await until(() => details.getByRole('img', { name: 'codebook-1, codes sorted by count' }).count()).toBe(1);
      expect(await details.locator('figure').count()).toBe(4);
      expect(await details.locator('figcaption').first().textContent()).toContain(
        '10 of 16 codes occur, 6 are unused.',
      );
      await details.getByRole('combobox').selectOption('id');
      await until(() => details.getByRole('img', { name: 'codebook-1, codes by id' }).count()).toBe(1);
      // It stays open, and as it was set, when something else comes.
      await button('Mute codebook-2 of test:four').click();
      await until(asked).toContainEqual({ tokenizer: 'test:four', codebookCount: 2, withDifference: false });
      expect(await details.getByRole('img', { name: 'codebook-1, codes by id' }).isVisible()).toBe(true);
    });

    describe('a blind test', () => {
      const xsOf = (seed: number, count: number): readonly AbxSide[] =>
        startAbx(createRandom(Array(4).fill(seed).join()), count).xs;
      /** A seed whose first X is this. */
      const seedOf = (side: AbxSide): number => {
        for (let seed = 1; ; seed++) if (xsOf(seed, 8)[0] === side) return seed;
      };
      const result = () => page.getByRole('region', { name: 'Result of the blind test' });

      async function started(seed: number): Promise<void> {
        await opened(seed);
        await page.getByText('Blind test (ABX)').click();
        await control('Trials').selectOption('8');
        await button('Start the test').focus();
        await page.keyboard.press('Enter');
        await button('Hear X').waitFor();
      }

      test('is done with keys, and has its score', async () => {
        const seed = seedOf('b');
        const xs = xsOf(seed, 8);
        await started(seed);
        const status = page.getByRole('status').filter({ hasText: 'Trial' });
        expect(await status.textContent()).toBe('Trial 1 of 8. 0 answered.');
        for (const [i, x] of xs.entries()) {
          await page.keyboard.press('x');
          await until(() => button('Hear X').getAttribute('aria-pressed')).toBe('true');
          // The last one is answered wrongly.
          const answer = i === 7 ? (x === 'a' ? 'b' : 'a') : x;
          await page.keyboard.press(`Shift+${answer.toUpperCase()}`);
        }
        const text = (await result().textContent())!;
        expect(text).toContain('A: recording\nB: decoded: test:four');
        // Half as loud, so 6 dB.
        expect(text).toContain('Levels: matched: B by +6.0 dB');
        expect(text).toContain('Trials: 8\nCorrect: 7\np = 0.035 (exact binomial test, one-sided)');
        expect(await page.getByRole('status').filter({ hasText: 'correct' }).textContent()).toBe(
          '7 of 8 correct, p = 0.035.',
        );
        // The focus is on the button that copies.
        await page.keyboard.press('Enter');
        await page.getByText('Copied.').waitFor();
        expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
        await button('Another test').click();
        expect(await button('Start the test').isEnabled()).toBe(true);
      });

      test('plays X from where A and B are, and as loud', async () => {
        await started(seedOf('b'));
        const gains = () => heard(({ gains: made }) => made.slice(-2).map(({ gain }) => Number(gain.value.toFixed(2))));
        await page.keyboard.press('a');
        await until(gains).toEqual([1, 0]);
        await page.keyboard.press('b');
        await until(gains).toEqual([0, 2]);
        await page.keyboard.press('a');
        await until(gains).toEqual([1, 0]);
        await page.keyboard.press('x');
        await until(gains).toEqual([0, 2]);
        // One start for each sound: changes do not begin anew.
        expect(await heard(({ starts }) => starts.length)).toBe(2);
      });

      test('changes by way of silence, also from A to an X that is A', async () => {
        for (const side of ['a', 'b'] as const) {
          await started(seedOf(side));
          await page.keyboard.press('a');
          await until(() => button('Hear A').getAttribute('aria-pressed')).toBe('true');
          await heard(({ targets }) => targets.splice(0));
          await page.keyboard.press('x');
          // Both sounds to nothing, and then to their levels.
          expect(await heard(({ targets }) => targets)).toEqual(side === 'a' ? [0, 1, 0, 0] : [0, 0, 0, 2]);
          if (side === 'a') await page.context().close();
        }
      });

      test('nothing on the page tells what X is, whatever it is', async () => {
        const pages: string[] = [];
        for (const side of ['a', 'b'] as const) {
          await started(seedOf(side));
          await button('Hear X').click();
          await until(() => button('Hear X').getAttribute('aria-pressed')).toBe('true');
          const html = await page.evaluate(() => document.documentElement.outerHTML);
          pages.push(html.replaceAll(/nonce="[^"]*"|'nonce-[^']*'/g, ''));
          if (side === 'a') await page.context().close();
        }
        expect(pages[0]).toBe(pages[1]);
      });

      test('that is stopped says so, and does not begin with the same sound twice', async () => {
        await started(seedOf('a'));
        await button('X is A').click();
        await button('Stop the test').click();
        expect(await result().textContent()).toContain('Trials: 1, stopped before the 8 that were planned\nCorrect: 1');
        await button('Another test').click();
        await control('A').selectOption('test:four');
        await button('Start the test').click();
        expect(await page.getByText('A and B are the same sound').count()).toBe(1);
        await control('B').selectOption('test:one');
        await button('Start the test').click();
        await button('Stop the test').click();
        expect(await result().textContent()).toContain('A: decoded: test:four\nB: decoded: test:one');
      });
    });

    test('colours follow a theme that changes', async () => {
      await opened();
      const waveform = (): Promise<string> =>
        page.evaluate(() => {
          const canvas = document.querySelectorAll<HTMLCanvasElement>('.token-view canvas')[1]!;
          return canvas
            .getContext('2d')!
            .getImageData(canvas.width / 2, canvas.height / 2, 1, 1)
            .data.join();
        });
      for (const [kind, colour] of [
        ['vscode-dark', '10,200,30,255'],
        ['vscode-high-contrast', '250,250,0,255'],
      ] as const) {
        // As the editor does it.
        await page.evaluate(
          ([name, blue]) => {
            document.body.className = name!;
            document.documentElement.style.setProperty('--vscode-charts-blue', `rgba(${blue})`);
          },
          [kind, colour],
        );
        await until(waveform).toBe(colour);
      }
    });

    test('an accessibility checker finds nothing serious with all of it open', async () => {
      await opened();
      await box('Difference').check();
      await page.getByText('difference, -6.0 dB').nth(2).waitFor();
      // Without the table of all tokens: the checker takes long for it, and the tests in a workbench look at it.
      for (const text of ['Tokenizers: ', 'Blind test (ABX)', 'How often codes occur', 'Keys']) {
        await page.locator('summary', { hasText: text }).first().click();
      }
      const serious = async (within: string): Promise<string[]> =>
        page.evaluate(async (place) => {
          const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(place);
          return violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
        }, within);
      await page.evaluate(axe.source);
      expect(await serious('html')).toEqual([]);
      await button('Start the test').click();
      await button('Hear X').waitFor();
      expect(await serious('.abx')).toEqual([]);
      await button('Stop the test').click();
      await button('Copy the result').waitFor();
      expect(await serious('.abx')).toEqual([]);
    });
  },
);
