// usage: RUN_WORKBENCH=1 node --conditions=@speech-tokens/source scripts/draw-pictures.ts [NAME…]: the pictures of the
// README and the walkthrough, or some of them, from the real editor and a recording that ships with the repository.
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FrameLocator, Page } from 'playwright-core';
import { chromiumPath, withoutChromium } from '../test/workbench/chromium-path.ts';
import { installWorkbench, packageExtension, skippedBecause } from '../test/workbench/install.ts';
import { launchChromium, openAsTokens, startWorkbench } from '../test/workbench/workbench.ts';

interface Picture {
  readonly name: string;
  readonly theme: 'Light Modern' | 'Dark Modern';
  readonly tokenizers?: readonly string[];
  readonly arrange: (page: Page, editor: FrameLocator) => Promise<void>;
}

const pictures: readonly Picture[] = [
  { name: 'editor', theme: 'Light Modern', arrange: markSomeToken },
  {
    name: 'dark',
    theme: 'Dark Modern',
    async arrange(page, editor) {
      await press(page, editor, ['Shift+ArrowRight', 90]);
      await editor.getByRole('combobox', { name: 'Sound', exact: true }).selectOption('rvq:speech-16khz');
    },
  },
  {
    name: 'statistics',
    theme: 'Light Modern',
    arrange: (_, editor) =>
      editor.getByRole('table', { name: /^Statistics of/ }).evaluate((one) => one.closest('section')?.scrollIntoView()),
  },
  {
    name: 'four-tokenizers',
    theme: 'Light Modern',
    tokenizers: ['rvq:speech-16khz', ...[100, 200, 500].map((units) => `ssl:units-50hz-k${units}`)],
    async arrange(page, editor) {
      await markSomeToken(page, editor);
      await editor.locator('.token-view').evaluate((view) => view.scrollIntoView());
    },
  },
];

const named = process.argv.slice(2);
const wanted = pictures.filter(({ name }) => named.length === 0 || named.includes(name));

const recording = 'sense-and-sensibility.wav';
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const problem = skippedBecause ?? (chromiumPath === undefined ? withoutChromium : undefined);
if (problem !== undefined) throw new Error(problem);

const scratch = await mkdtemp(join(tmpdir(), 'pictures-'));
const browser = await launchChromium(chromiumPath!);
try {
  const folder = join(scratch, 'recordings');
  await mkdir(folder);
  await copyFile(here(`../../../examples/audio/${recording}`), join(folder, recording));
  await mkdir(here('../docs'), { recursive: true });
  const vsix = [await packageExtension(scratch)];
  const installed = await installWorkbench();
  const workbench = await startWorkbench({ installed, vsix, browser, isTrusted: true });
  try {
    const settings = JSON.parse(await readFile(workbench.settingsFile, 'utf8'));
    for (const { name, theme, tokenizers = ['rvq:speech-16khz'], arrange } of wanted) {
      const ours = { 'workbench.colorTheme': theme, 'speechTokens.tokenizers': tokenizers };
      await writeFile(workbench.settingsFile, JSON.stringify({ ...settings, ...ours }));
      const page = await workbench.open(folder);
      const editor = await openAsTokens(page, recording);
      await editor.getByText(/^SI-SDR: /).waitFor();
      for (const id of tokenizers) await editor.getByRole('heading', { name: id }).waitFor();
      // Without the explorer.
      await page.keyboard.press('Control+B');
      await arrange(page, editor);
      await page.screenshot({ path: here(`../docs/${name}.png`), clip: { x: 0, y: 0, width: 1280, height: 760 } });
      await page.context().close();
    }
  } finally {
    await workbench.close();
  }
} finally {
  await browser.close();
  await rm(scratch, { recursive: true, force: true });
}

/** A second of the recording, with all uses of one token. */
async function markSomeToken(page: Page, editor: FrameLocator): Promise<void> {
  await press(page, editor, ['ArrowRight', 60], ['+', 6], ['Enter', 1]);
}

async function press(page: Page, editor: FrameLocator, ...keys: readonly (readonly [string, number])[]): Promise<void> {
  await editor.locator('.token-view-track[tabindex="0"]').focus();
  for (const [key, times] of keys) for (let i = 0; i < times; i++) await page.keyboard.press(key);
}
