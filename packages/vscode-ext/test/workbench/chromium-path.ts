import { existsSync } from 'node:fs';

/** Where Chrome or Chromium lies, if there is one: `CHROMIUM_PATH`, or a usual place on Linux. */
export const chromiumPath: string | undefined = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

export const withoutChromium =
  'there is no Chrome or Chromium: install it (Debian: apt-get install chromium), or give its path in CHROMIUM_PATH';

if (chromiumPath === undefined && process.env['CHROMIUM_REQUIRED'] === '1') {
  throw new Error('CHROMIUM_REQUIRED is set, and there is no Chrome or Chromium');
}
