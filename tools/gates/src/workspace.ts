import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly repository?: { readonly directory?: string };
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, ExportTarget>>;
  readonly publishConfig?: { readonly access?: string; readonly exports?: Readonly<Record<string, ExportTarget>> };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export type ExportTarget = string | Readonly<Record<string, string>>;

export interface Package {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** From the root, with forward slashes, for example `packages/core`. */
  readonly path: string;
  readonly manifest: Manifest;
}

export interface Workspace {
  /** Absolute. */
  readonly root: string;
  readonly packages: readonly Package[];
}

/** The same folders as in pnpm-workspace.yaml. */
const parents = ['packages', 'examples', 'tools'];

export async function readWorkspace(root: string): Promise<Workspace> {
  const packages: Package[] = [];
  for (const parent of parents) {
    if (!existsSync(join(root, parent))) continue;
    for (const name of (await readdir(join(root, parent))).sort()) {
      const folder = join(root, parent, name);
      const file = join(folder, 'package.json');
      if (!existsSync(file)) continue;
      const manifest = JSON.parse(await readFile(file, 'utf8')) as Manifest;
      packages.push({ name: manifest.name, folder, path: `${parent}/${name}`, manifest });
    }
  }
  return { root, packages };
}

/** Packages that are published, or will be. */
export function publicPackages(workspace: Workspace): readonly Package[] {
  return workspace.packages.filter(({ manifest }) => manifest.private !== true);
}

/** A path as messages show it: from the root, with forward slashes. */
export function shownPath(workspace: Workspace, absolute: string): string {
  return relative(workspace.root, absolute).replaceAll('\\', '/');
}

/** Files of a folder and below, absolute, sorted; without dependencies and outputs. */
export async function sourceFiles(folder: string, extension: RegExp): Promise<readonly string[]> {
  if (!existsSync(folder)) return [];
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
      files.push(...(await sourceFiles(path, extension)));
    } else if (extension.test(entry.name)) {
      files.push(path);
    }
  }
  return files.sort();
}
