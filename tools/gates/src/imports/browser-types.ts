import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { error, type Finding, type Gate } from '../gate.ts';
import { runProcess } from '../process.ts';
import type { Workspace } from '../workspace.ts';
import { browserSafeEntries } from './allowed-imports.ts';

export const browserTypesGate: Gate = {
  name: 'browser-types',
  title: 'entries that also run in a browser use no globals of Node.js',
  run: ({ workspace }) => checkBrowserTypes(workspace, browserSafeEntries),
};

/** Compiles the entries with the types of browsers only: `process` or `Buffer` are then unknown names. */
export async function checkBrowserTypes(
  workspace: Workspace,
  entries: readonly { readonly package: string; readonly entry: string }[],
): Promise<readonly Finding[]> {
  const files = entries
    .map(({ package: name, entry }) => join(workspace.root, 'packages', name, entry))
    .filter((file) => existsSync(file));
  if (files.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'speech-tokens-browser-types-'));
  try {
    const project = join(folder, 'tsconfig.json');
    await writeFile(
      project,
      JSON.stringify({
        compilerOptions: {
          noEmit: true,
          target: 'es2023',
          lib: ['es2023', 'esnext.array', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'],
          module: 'nodenext',
          moduleResolution: 'nodenext',
          customConditions: ['@speech-tokens/source'],
          types: [],
          strict: true,
          noUncheckedIndexedAccess: true,
          exactOptionalPropertyTypes: true,
          allowImportingTsExtensions: true,
          skipLibCheck: true,
        },
        files,
      }),
    );
    const compiler = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
    const { exitCode, output } = await runProcess(process.execPath, [compiler, '-p', project, '--pretty', 'false'], {
      cwd: workspace.root,
    });
    if (exitCode === 0) return [];
    return output
      .split('\n')
      .filter((line) => line.includes('error TS'))
      .map((line) => error(line.split('(')[0] ?? '', `does not compile for browsers: ${line}`));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
