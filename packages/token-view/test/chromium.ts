import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where Chrome or Chromium lies, if there is one: `CHROMIUM_PATH`, or a usual place. */
export const chromiumPath: string | undefined = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
].find((path) => path !== undefined && existsSync(path));

if (chromiumPath === undefined && process.env['CHROMIUM_REQUIRED'] === '1') {
  throw new Error('CHROMIUM_REQUIRED is set, and there is no Chrome or Chromium');
}

/** Said of tests that are skipped. */
export const withoutChromium =
  'there is no Chrome or Chromium: install it (Debian: apt-get install chromium), or give its path in CHROMIUM_PATH';

export function launchChromium(): Promise<Browser> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath: chromiumPath!, args });
}
