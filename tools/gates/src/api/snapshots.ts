import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { error, type Finding, type Gate } from '../gate.ts';
import { publishedExports } from '../packed/pack.ts';
import { type Package, publicPackages } from '../workspace.ts';
import { apiReport } from './api-report.ts';
import { firstDifference } from './first-difference.ts';

export const apiGate: Gate = {
  name: 'api',
  title: 'the public API equals its committed snapshot, entry by entry',
  run: async ({ workspace, update }) => {
    const findings: Finding[] = [];
    for (const one of publicPackages(workspace)) findings.push(...(await checkApi(one, update)));
    return findings;
  },
};

const updateHint = 'If the change is meant, run: npm run pnpm -- api:update';

export async function checkApi(one: Package, update: boolean): Promise<readonly Finding[]> {
  const folder = join(one.folder, 'api');
  const findings: Finding[] = [];
  const wanted = new Set<string>();
  for (const [entry, target] of Object.entries(publishedExports(one.manifest))) {
    const types = typeof target === 'object' ? target.types : undefined;
    if (types === undefined) continue;
    const name = snapshotName(entry);
    wanted.add(name);
    const typesFile = join(one.folder, types);
    const where = `${one.path}/api/${name}`;
    if (!existsSync(typesFile)) {
      findings.push(error(where, `needs ${types}, which is not built. Run: npm run pnpm -- build`));
      continue;
    }
    const report = `# ${one.name}${entry.slice(1)}\n\n${await apiReport(one, typesFile)}`;
    findings.push(...(await compareOrWrite(join(folder, name), where, report, update)));
  }
  findings.push(...(await checkStale(folder, one.path, wanted, update)));
  return findings;
}

/** `.` → `index.api.md`, `./testing` → `testing.api.md` */
export function snapshotName(entry: string): string {
  return `${entry === '.' ? 'index' : entry.slice(2).replaceAll('/', '-')}.api.md`;
}

async function compareOrWrite(
  file: string,
  where: string,
  report: string,
  update: boolean,
): Promise<readonly Finding[]> {
  const committed = existsSync(file) ? (await readFile(file, 'utf8')).replaceAll('\r\n', '\n') : undefined;
  if (committed === report) return [];
  if (update) {
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, report);
    return [];
  }
  if (committed === undefined) return [error(where, `is missing. ${updateHint}`)];
  return [error(where, `the API differs from its snapshot.\n${firstDifference(committed, report)}\n${updateHint}`)];
}

async function checkStale(
  folder: string,
  path: string,
  wanted: ReadonlySet<string>,
  update: boolean,
): Promise<readonly Finding[]> {
  if (!existsSync(folder)) return [];
  const stale = (await readdir(folder)).filter((name) => name.endsWith('.api.md') && !wanted.has(name));
  if (update) {
    await Promise.all(stale.map((name) => rm(join(folder, name))));
    return [];
  }
  return stale.map((name) => error(`${path}/api/${name}`, `is of an entry that is gone. ${updateHint}`));
}
