// usage: node build-page-script.mjs OUT: the script of a report page, with all that it imports, in one file.
import { build } from 'esbuild';

await build({
  entryPoints: [new URL('src/report/page.ts', import.meta.url).pathname],
  outfile: process.argv[2],
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  conditions: ['@speech-tokens/source'],
  // It stands within a script element.
  supported: { 'inline-script': false },
  legalComments: 'none',
});
