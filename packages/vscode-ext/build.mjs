// usage: node build.mjs [--out FOLDER]: the extension's three programs, each in one file with all that it imports, in dist or
// another folder.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { values } = parseArgs({ options: { out: { type: 'string', default: here('dist') } } });
const out = resolve(values.out);

const shared = {
  absWorkingDir: here('.'),
  bundle: true,
  minify: true,
  conditions: ['@speech-tokens/source'],
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

/**
 * Packages that stay packages beside the bundle, where scripts/package.mjs puts them: parts of these decoders are under the
 * LGPL, and anyone may put others in their place; the resampler reads a file beside its script.
 */
const separate = [
  '@echogarden/speex-resampler-wasm',
  'mpg123-decoder',
  'opus-decoder',
  '@wasm-audio-decoders/ogg-vorbis',
];

await rm(out, { recursive: true, force: true });
const built = await Promise.all([
  // The editor loads CommonJS everywhere. The oldest one that is supported has Node.js 20.
  build({
    ...shared,
    entryPoints: [here('src/host/extension.ts')],
    outfile: join(out, 'host/extension.cjs'),
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
    // What the host imports of packages has no use for the place of its own file.
    define: { 'import.meta.url': 'undefined' },
    logOverride: { 'empty-import-meta': 'silent' },
  }),
  // A thread of its own runs parts of large models; the file beside it is found by its name.
  build({
    ...shared,
    entryPoints: {
      child: here('src/inference/child.ts'),
      'session-thread': fileURLToPath(import.meta.resolve('@speech-tokens/onnx-graph/package.json')).replace(
        /package\.json$/,
        'src/session/thread/session-thread.ts',
      ),
    },
    outdir: join(out, 'inference'),
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['onnxruntime-node', ...separate],
    // Packages in CommonJS within an ES module ask for `require`.
    banner: { js: "import { createRequire as _cr } from 'node:module'; const require = _cr(import.meta.url);" },
  }),
  build({
    ...shared,
    entryPoints: [here('src/webview/page.ts')],
    outfile: join(out, 'webview/page.js'),
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
  }),
]);

// Plugins find their models from the place of the script that they are in, which is now two folders below those models.
const child = await readFile(join(out, 'inference/child.js'), 'utf8');
const wrong = /new URL\(["`](?:\.\/|\.\.\/|(?:\.\.\/){3,})models\/.{0,40}/.exec(child);
if (wrong !== null) {
  throw new Error(`${wrong[0]} is not where models are: a plugin must name them by ../../models/ from its source file`);
}

// For the notices: folders of other people's packages that are in a bundle.
const inputs = built.flatMap(({ metafile }) => Object.keys(metafile.inputs));
const folders = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
await writeFile(join(out, 'packages.json'), JSON.stringify({ separate, bundled: [...new Set(folders)].sort() }));
