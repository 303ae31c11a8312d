import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { chromiumPath, withoutChromium } from './chromium-path.ts';
import {
  type Installed,
  installWorkbench,
  packageExtension,
  skippedBecause,
  type WorkbenchVersion,
} from './install.ts';
import { launchChromium, patienceMs, startWorkbench, type Workbench, type WorkbenchOptions } from './workbench.ts';

/** Recordings that ship with the repository. */
export const recordings: string = fileURLToPath(new URL('../../../../examples/audio', import.meta.url));

/** Tests in a workbench: with the extension as it is published, and a folder of recordings. */
export interface Suite {
  /** The folder that is opened. */
  readonly folder: string;
  /** A server for all tests that need nothing of their own: trusted, English. */
  shared(): Promise<Workbench>;
  /** A server of its own, until the test has ended; trusted where nothing else is said. @param options `vsix` are more of them */
  start(options?: Partial<WorkbenchOptions>): Promise<Workbench>;
  /** Opens the folder, or another, in a page of its own. A picture is kept of those whose test fails. */
  open(workbench: Workbench, folder?: string): Promise<Page>;
}

/** @param prepare fills the folder */
export function describeInWorkbench(
  title: string,
  version: WorkbenchVersion | undefined,
  prepare: (folder: string) => Promise<void>,
  tests: (suite: Suite) => void,
): void {
  const skipped = skippedBecause ?? (chromiumPath === undefined ? withoutChromium : undefined);
  const shown = skipped === undefined ? title : `${title} (skipped: ${skipped})`;
  describe.skipIf(skipped !== undefined)(shown, { timeout: 3 * patienceMs, retry: 2 }, () => {
    let scratch: string;
    let browser: Browser;
    let installed: Installed;
    let vsix: string;
    let shared: Promise<Workbench> | undefined;
    const pages: Page[] = [];

    beforeAll(async () => {
      scratch = await mkdtemp(join(tmpdir(), 'workbench-test-'));
      await mkdir(join(scratch, 'recordings'));
      await prepare(join(scratch, 'recordings'));
      vsix = await packageExtension(scratch);
      installed = await installWorkbench(version);
      browser = await launchChromium(chromiumPath!);
    }, 10 * patienceMs);
    afterAll(async () => {
      await (await shared)?.close();
      await browser?.close();
      await rm(scratch, { recursive: true, force: true });
    });
    afterEach(async ({ task }) => {
      for (const [i, page] of pages.splice(0).entries()) {
        if (task.result?.state === 'fail') {
          const path = join(tmpdir(), `${task.name.replaceAll(/\W+/g, '-')}-${i}.png`);
          await page.screenshot({ path });
          console.error(`A picture of it: ${path}`);
        }
        await page.context().close();
      }
    });

    tests({
      get folder() {
        return join(scratch, 'recordings');
      },
      shared() {
        shared ??= startWorkbench({ installed, browser, vsix: [vsix], isTrusted: true });
        return shared;
      },
      async start(options) {
        const all = [vsix, ...(options?.vsix ?? [])];
        const workbench = await startWorkbench({ installed, browser, isTrusted: true, ...options, vsix: all });
        onTestFinished(() => workbench.close());
        return workbench;
      },
      async open(workbench, folder = join(scratch, 'recordings')) {
        const page = await workbench.open(folder);
        pages.push(page);
        return page;
      },
    });
  });
}

/** Waits until what is read is as expected. */
export const until = (read: () => unknown): ReturnType<typeof expect.poll> =>
  expect.poll(read, { timeout: patienceMs });

/** Stands there as soon as the tokens of a recording have been decoded. */
export const quality = (editor: FrameLocator): Locator => editor.getByText(/^SI-SDR: /).first();

/** Waveform, spectrogram and ruler are three; each lane is one more. */
export const canvases = (editor: FrameLocator): Promise<number> => editor.locator('.token-view canvas').count();

/** Runs a command by its title. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await page.keyboard.press('F1');
  const input = page.locator('.quick-input-widget input').first();
  await input.waitFor();
  await input.fill(`>${title}`);
  const entry = page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
  await entry.waitFor();
  await entry.click();
}
