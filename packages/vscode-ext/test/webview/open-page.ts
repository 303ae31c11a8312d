import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { pageHtml } from '../../src/host/page-html.ts';

/** The script of `page-under-test.ts` with all that it imports. */
export async function buildPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page-under-test.ts', import.meta.url))],
    write: false,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@speech-tokens/source'],
    logLevel: 'warning',
  });
  return outputFiles[0]!.text;
}

export interface OpenPage {
  readonly page: Page;
  /** Errors and violations of the page's policy. */
  readonly problems: readonly string[];
}

/**
 * The page of an editor, with the policy that the host gives it. What it makes of sound is written down in `heard`.
 * @param seed what the page draws as random numbers
 */
export async function openPage(browser: Browser, script: string, seed = 1): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 1400 } });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.addInitScript(writeDown, seed);
  const html = pageHtml('https://editor.test/page.js', 'en').replace('<script nonce', '<script type="module" nonce');
  await page.route('https://editor.test/**', (route) =>
    route.request().url().endsWith('.js')
      ? route.fulfill({ contentType: 'text/javascript', body: script })
      : route.fulfill({ contentType: 'text/html', body: html }),
  );
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: 'https://editor.test' });
  await page.goto('https://editor.test/');
  await page.getByText('SI-SDR: 0 dB').nth(2).waitFor();
  return { page, problems };
}

/** What reaches the ears. */
export interface Heard {
  readonly gains: readonly GainNode[];
  /** Levels that gains were told to go to, one after the other. */
  readonly targets: number[];
  readonly starts: readonly { readonly offset: number; readonly seconds: number | undefined }[];
}

/** Runs in the page. */
function writeDown(seed: number): void {
  const [gains, targets, starts]: [GainNode[], number[], unknown[]] = [[], [], []];
  Object.assign(globalThis, { heard: { gains, targets, starts } });
  const goTo = AudioParam.prototype.setTargetAtTime;
  AudioParam.prototype.setTargetAtTime = function (target, time, constant) {
    targets.push(target);
    return goTo.call(this, target, time, constant);
  };
  const create = AudioContext.prototype.createGain;
  AudioContext.prototype.createGain = function () {
    const gain = create.call(this);
    gains.push(gain);
    return gain;
  };
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (when?: number, offset = 0, seconds?: number) {
    starts.push({ offset, seconds });
    if (seconds === undefined) start.call(this, when, offset);
    else start.call(this, when, offset, seconds);
  };
  Crypto.prototype.getRandomValues = (values) => {
    (values as unknown as Uint32Array).fill(seed);
    return values;
  };
}
