import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * @typedef {object} WorkspacePackage
 * @property {string} name
 * @property {string} folder absolute
 * @property {string} path from the root, with forward slashes
 * @property {Manifest} manifest
 *
 * @typedef {object} Manifest
 * @property {string} [name]
 * @property {boolean} [private]
 * @property {Record<string, string>} [scripts]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, unknown>} [exports]
 * @property {{ exports?: Record<string, unknown> }} [publishConfig]
 * @property {string | Record<string, string>} [bin]
 */

const parents = ['packages', 'examples', 'tools'];

/**
 * Every package of the workspace, in the order of their paths. The same globs as in pnpm-workspace.yaml.
 * @param {string} root
 * @returns {Promise<readonly WorkspacePackage[]>}
 */
export async function workspacePackages(root) {
  /** @type {WorkspacePackage[]} */
  const found = [];
  for (const parent of parents) {
    if (!existsSync(join(root, parent))) continue;
    for (const name of (await readdir(join(root, parent))).sort()) {
      const folder = join(root, parent, name);
      const manifestPath = join(folder, 'package.json');
      if (!existsSync(manifestPath)) continue;
      const manifest = /** @type {Manifest} */ (JSON.parse(await readFile(manifestPath, 'utf8')));
      found.push({ name: manifest.name ?? name, folder, path: `${parent}/${name}`, manifest });
    }
  }
  return found;
}

/**
 * A package and every package of the workspace that it needs to run.
 * @param {readonly WorkspacePackage[]} packages
 * @param {string} name
 * @returns {readonly WorkspacePackage[]}
 */
export function withDependencies(packages, name) {
  /** @type {Set<WorkspacePackage>} */
  const closure = new Set();
  /** @param {string} wanted */
  const add = (wanted) => {
    const found = packages.find((candidate) => candidate.name === wanted);
    if (found === undefined || closure.has(found)) return;
    closure.add(found);
    for (const dependency of Object.keys(found.manifest.dependencies ?? {})) add(dependency);
  };
  add(name);
  return packages.filter((candidate) => closure.has(candidate));
}
