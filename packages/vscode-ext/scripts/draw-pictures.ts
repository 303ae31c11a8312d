// usage: RUN_WORKBENCH=1 node --conditions=@speech-tokens/source scripts/draw-pictures.ts: the pictures of the README, from
// the real editor.
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromiumPath, withoutChromium } from '../test/workbench/chromium-path.ts';
import { installWorkbench, packageExtension, skippedBecause } from '../test/workbench/install.ts';
import { launchChromium, openAsTokens, startWorkbench } from '../test/workbench/workbench.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const problem = skippedBecause ?? (chromiumPath === undefined ? withoutChromium : undefined);
if (problem !== undefined) throw new Error(problem);

const scratch = await mkdtemp(join(tmpdir(), 'pictures-'));
const browser = await launchChromium(chromiumPath!);
try {
  const folder = join(scratch, 'recordings');
  await mkdir(folder);
  await copyFile(here('../../../examples/audio/sense-and-sensibility.wav'), join(folder, 'sense-and-sensibility.wav'));
  const vsix = [await packageExtension(scratch)];
  const workbench = await startWorkbench({ installed: await installWorkbench(), vsix, browser, isTrusted: true });
  try {
    const page = await workbench.open(folder);
    const editor = await openAsTokens(page, 'sense-and-sensibility.wav');
    await editor.getByText(/^SI-SDR: /).waitFor();
    // Without the explorer, and with a second of the recording.
    await page.keyboard.press('Control+B');
    await editor.locator('.token-view-track[tabindex="0"]').focus();
    for (let i = 0; i < 60; i++) await page.keyboard.press('ArrowRight');
    for (let i = 0; i < 6; i++) await page.keyboard.press('+');
    await page.keyboard.press('Enter');
    await mkdir(here('../docs'), { recursive: true });
    await page.screenshot({ path: here('../docs/editor.png'), clip: { x: 0, y: 0, width: 1280, height: 760 } });
  } finally {
    await workbench.close();
  }
} finally {
  await browser.close();
  await rm(scratch, { recursive: true, force: true });
}
