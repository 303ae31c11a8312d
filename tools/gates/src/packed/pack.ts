import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageManager, runProcess } from '../process.ts';
import { type Manifest, type Package, publicPackages, type Workspace } from '../workspace.ts';

/** A public package as it would be published. */
export interface PackedPackage {
  readonly package: Package;
  /** Absolute path of the `.tgz` file. */
  readonly tarball: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Paths inside the package, for example `dist/index.js`. */
  readonly files: readonly string[];
}

/** Packs every public package into a folder. They have to be built before. */
export async function packPackages(workspace: Workspace, folder: string): Promise<readonly PackedPackage[]> {
  const packed: PackedPackage[] = [];
  const [program, ...first] = packageManager('pnpm');
  for (const one of publicPackages(workspace)) {
    const { exitCode, stdout, output } = await runProcess(
      program,
      [...first, 'pack', '--json', '--pack-destination', folder],
      { cwd: one.folder },
    );
    if (exitCode !== 0) throw new Error(`Packing ${one.name} failed:\n${output}`);
    const listed = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
      filename: string;
      files: readonly { path: string }[];
    };
    const tarball = join(folder, listed.filename.split(/[\\/]/).at(-1) ?? '');
    const bytes = new Uint8Array(await readFile(tarball));
    packed.push({ package: one, tarball, bytes, files: listed.files.map(({ path }) => path) });
  }
  return packed;
}

/** What a published package.json says: pnpm replaces the fields that `publishConfig` names. */
export function publishedExports(manifest: Manifest): NonNullable<Manifest['exports']> {
  return manifest.publishConfig?.exports ?? manifest.exports ?? {};
}
