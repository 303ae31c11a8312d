import { error, type Finding, type Gate } from '../gate.ts';
import { type PackedPackage, publishedExports } from './pack.ts';

export const contentsGate: Gate = {
  name: 'contents',
  title: 'packed packages hold what they promise, and nothing else',
  run: async ({ packed }) => (await packed()).flatMap(checkContents),
};

const always = ['package.json', 'README.md', 'LICENSE'];

/** Sources, tests and their media have no place in a published package. */
const never =
  /(^|\/)(src|test|tests|bench|fixtures|node_modules|coverage)\/|\.test\.|\.tsbuildinfo$|(^|\/)tsconfig.*\.json$/;

export function checkContents(one: PackedPackage): readonly Finding[] {
  const { path, manifest } = one.package;
  const files = new Set(one.files);
  const findings: Finding[] = [];
  for (const name of always) {
    if (!files.has(name)) findings.push(error(path, `packs no ${name}.`));
  }
  for (const name of one.files) {
    if (never.test(name)) findings.push(error(path, `packs ${name}; narrow "files" in its package.json.`));
  }
  for (const [entry, target] of Object.entries(publishedExports(manifest))) {
    for (const file of typeof target === 'string' ? [target] : Object.values(target)) {
      if (!files.has(file.replace(/^\.\//, ''))) {
        findings.push(error(path, `exports "${entry}" as ${file}, which is not packed. Is it built?`));
      }
    }
  }
  return findings;
}
