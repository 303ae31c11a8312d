import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { FrameLocator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { canvases, describeInWorkbench, quality, until } from './suite.ts';
import { frameOf, openAsTokens, type Workbench } from './workbench.ts';

// Listening and comparing, and the colours of themes, in a real VS Code workbench.

const recording = fileURLToPath(new URL('../../../../examples/audio/french-goodbye.wav', import.meta.url));

describeInWorkbench(
  'listening in a workbench',
  undefined,
  (folder) => copyFile(recording, join(folder, 'goodbye.wav')),
  (suite) => {
    let page: Page;
    let violations: string[];

    /** When its tokens have been decoded. */
    async function opened(where?: Workbench): Promise<FrameLocator> {
      page = await suite.open(where ?? (await suite.shared()));
      violations = [];
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) violations.push(message.text());
      });
      const editor = await openAsTokens(page, 'goodbye.wav');
      await quality(editor).waitFor();
      return editor;
    }

    test('a blind test is done with keys, and has its score', async () => {
      const editor = await opened();
      await editor.getByText('Blind test (ABX)').click();
      await editor.getByRole('combobox', { name: 'Trials' }).selectOption('8');
      await editor.getByRole('button', { name: 'Start the test' }).click();
      const hearX = editor.getByRole('button', { name: 'Hear X' });
      for (let trial = 1; trial <= 8; trial++) {
        await editor.getByText(`Trial ${trial} of 8. ${trial - 1} answered.`).waitFor();
        for (const key of ['a', 'b', 'x']) await page.keyboard.press(key);
        await until(() => hearX.getAttribute('aria-pressed')).toBe('true');
        await page.keyboard.press('Shift+A');
      }
      const result = await editor.getByRole('region', { name: 'Result of the blind test' }).textContent();
      const [, correct] = /Correct: (\d)/.exec(result!)!;
      const xs = /trial by trial: (.*)$/.exec(result!)![1]!.split(' ');
      expect(xs).toHaveLength(8);
      expect(xs.filter((pair) => pair === 'AA')).toHaveLength(Number(correct));
      expect(result).toContain('ABX test of goodbye.wav, 0.00 to ');
      expect(result).toMatch(/p = [\d.e-]+ \(exact binomial test, one-sided\)/);
      expect(violations).toEqual([]);
    });

    test('the difference is a lane and a sound, and follows what is muted', async () => {
      const editor = await opened();
      const label = () => editor.getByText(/^difference, -?[\d.]+ dB$/).textContent();
      await editor.getByRole('checkbox', { name: 'Difference' }).check();
      await until(() => canvases(editor)).toBe(3 + 8 + 1);
      const all = await label();
      await editor.getByRole('button', { name: 'Mute codebook-1 of rvq:speech-16khz' }).click();
      await until(label).not.toBe(all);
      await page.keyboard.press('Shift+D');
      expect(await editor.getByRole('combobox', { name: 'Sound' }).inputValue()).toBe('difference rvq:speech-16khz');
      await page.keyboard.press('Alt+1');
      expect(await editor.getByRole('combobox', { name: 'Sound' }).inputValue()).toBe('rvq:speech-16khz');
      // The workbench has not taken the key for its own tabs.
      expect(await canvases(editor)).toBe(3 + 8 + 1);
    });

    test.each([
      ['Default Light Modern', 'vscode-light'],
      ['Default Dark Modern', 'vscode-dark'],
      ['Default High Contrast', 'vscode-high-contrast'],
      ['Default High Contrast Light', 'vscode-high-contrast-light'],
    ])(
      'colours are those of the theme, and an accessibility checker finds nothing serious: %s',
      async (theme, kind) => {
        const editor = await opened(await suite.start({ theme }));
        await editor.getByRole('checkbox', { name: 'Difference' }).check();
        await editor.getByText(/^difference, /).waitFor();
        for (const text of ['Blind test (ABX)', 'How often codes occur']) {
          await editor.locator('summary', { hasText: text }).click();
        }
        const frame = await frameOf(editor);
        await until(() => frame.evaluate(() => document.body.className)).toContain(kind);
        /** What most points of the waveform have, and what they should have. */
        const colours = () =>
          frame.evaluate(() => {
            const canvas = document.querySelectorAll<HTMLCanvasElement>('.token-view canvas')[1]!;
            const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
            const counts = new Map<string, number>();
            for (let i = 0; i < data.length; i += 4) {
              const colour = `rgb(${data[i]}, ${data[i + 1]}, ${data[i + 2]})`;
              if (data[i + 3] === 255) counts.set(colour, (counts.get(colour) ?? 0) + 1);
            }
            const [[waveform] = ['']] = [...counts].sort(([, one], [, other]) => other - one);
            const probe = document.body.appendChild(document.createElement('span'));
            probe.style.color = 'var(--vscode-charts-blue)';
            const wanted = getComputedStyle(probe).color;
            probe.remove();
            return { waveform, bar: getComputedStyle(document.querySelector('.token-view-used')!).fill, wanted };
          });
        await until(async () => {
          const { waveform, bar, wanted } = await colours();
          return [waveform, bar].every((colour) => colour === wanted);
        }).toBe(true);
        await frame.evaluate(axe.source);
        const serious = await frame.evaluate(async () => {
          const { violations: found } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document);
          return found
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
        });
        expect(serious).toEqual([]);
        expect(violations).toEqual([]);
      },
    );
  },
);
