// usage: node scripts/package.mjs [--target linux-x64] [--dist FOLDER] [--out FOLDER]: the extension for one platform as a
// .vsix, from `dist` or another folder that build.mjs has filled. Without --target it is made for this machine.
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createVSIX } from '@vscode/vsce';
import { copyPackage, noticesOf, packageFolder } from './third-party.mjs';

/** Where ONNX Runtime has builds. */
const targets = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    target: { type: 'string', default: `${process.platform}-${process.arch}` },
    dist: { type: 'string', default: join(root, 'dist') },
    out: { type: 'string' },
  },
});
const { target, dist, out = dist } = values;
if (!targets.includes(target)) throw new Error(`--target ${target}: wanted one of ${targets.join(', ')}`);
if (!existsSync(join(dist, 'host/extension.cjs'))) throw new Error(`${dist} is not there: build the package first`);

const folder = await mkdtemp(join(tmpdir(), 'vsix-'));
try {
  await stage(folder);
  await mkdir(out, { recursive: true });
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const packagePath = join(out, `${manifest.name}-${manifest.version}-${target}.vsix`);
  // The README's picture is shown from the repository.
  const { url, directory } = manifest.repository;
  const address = url.replace(/^git\+/, '').replace(/\.git$/, '');
  const base = {
    baseContentUrl: `${address}/blob/HEAD/${directory}`,
    baseImagesUrl: `${address}/raw/HEAD/${directory}`,
  };
  await createVSIX({ cwd: folder, packagePath, dependencies: false, target, ...base });
  const { size } = await stat(packagePath);
  console.log(`${target}  ${(size / 1e6).toFixed(1)} MB  ${packagePath}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function stage(to) {
  for (const part of ['host', 'inference', 'webview']) {
    await cp(join(dist, part), join(to, 'dist', part), { recursive: true });
  }
  await cp(join(root, 'README.md'), join(to, 'README.md'));
  // Texts in other languages, and the pictures of the walkthrough.
  for (const part of ['package.nls.json', 'package.nls.de.json', 'l10n', 'docs']) {
    await cp(join(root, part), join(to, part), { recursive: true });
  }
  await cp(join(root, '../../LICENSE'), join(to, 'LICENSE'));
  // What is bundled looks for its model from the place of the script that it is in: two folders up.
  for (const name of ['codec-rvq', 'codec-ssl']) {
    const plugin = dirname(fileURLToPath(import.meta.resolve(`@speech-tokens/${name}/package.json`)));
    await cp(join(plugin, 'models'), join(to, 'models'), { recursive: true });
  }
  const modules = join(to, 'dist/node_modules');
  const folders = await copyRuntime(modules);
  const { separate, bundled } = JSON.parse(await readFile(join(dist, 'packages.json'), 'utf8'));
  const audioFiles = await packageFolder('@speech-tokens/audio-files', root);
  for (const name of separate) folders.push(...(await copyPackage(name, audioFiles, modules)));
  for (const path of bundled) folders.push(await realpath(join(root, path)));
  await writeFile(join(to, 'THIRD-PARTY-NOTICES.txt'), await noticesOf(folders));
  const {
    devDependencies,
    scripts,
    private: isPrivate,
    type,
    engines: { vscode },
    ...manifest
  } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  await writeFile(join(to, 'package.json'), `${JSON.stringify({ ...manifest, engines: { vscode }, type }, null, 2)}\n`);
}

/** ONNX Runtime with the binaries of one platform, where the inference process looks for it. */
async function copyRuntime(to) {
  const runtime = await packageFolder('onnxruntime-node', root);
  const common = await packageFolder('onnxruntime-common', runtime);
  const [os, arch] = target.split('-');
  const parts = [
    [runtime, 'onnxruntime-node', ['package.json', 'dist', join('bin/napi-v6', os, arch)]],
    [common, 'onnxruntime-common', ['package.json', 'dist/cjs']],
  ];
  for (const [from, name, paths] of parts) {
    for (const path of paths) {
      const isSource = (file) => /\.(map|d\.ts)$/.test(file);
      await cp(join(from, path), join(to, name, path), { recursive: true, filter: (file) => !isSource(file) });
    }
  }
  return [runtime, common];
}
