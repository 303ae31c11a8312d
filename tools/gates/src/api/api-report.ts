import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import type { Package } from '../workspace.ts';

/**
 * Everything that an entry of a package makes public, as sorted declarations in Markdown. It is read from the built
 * `.d.ts` files: what users get.
 * @param typesFile absolute path of the entry's `.d.ts`
 * @throws Error where the declarations cannot be analyzed
 */
export async function apiReport(one: Package, typesFile: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'speech-tokens-api-'));
  try {
    const problems: string[] = [];
    const result = Extractor.invoke(ExtractorConfig.prepare(configuration(one, typesFile, folder)), {
      localBuild: true,
      messageCallback: (message) => {
        if (message.logLevel === ExtractorLogLevel.Error) problems.push(message.text);
        message.handled = true;
      },
    });
    if (problems.length > 0 || result.errorCount > 0) throw new Error(problems.join('\n'));
    return withoutNoise(await readFile(join(folder, 'entry.api.md'), 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function configuration(one: Package, typesFile: string, folder: string): Parameters<typeof ExtractorConfig.prepare>[0] {
  const silent = { logLevel: ExtractorLogLevel.None };
  return {
    packageJsonFullPath: join(one.folder, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: one.folder,
      mainEntryPointFilePath: typesFile,
      newlineKind: 'lf',
      apiReport: {
        enabled: true,
        reportFileName: 'entry',
        reportFolder: folder,
        reportTempFolder: join(folder, 'temp'),
        // What exported declarations stand on is part of them, exported or not.
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            module: 'nodenext',
            moduleResolution: 'nodenext',
            target: 'es2023',
            // Some entries are for browsers.
            lib: ['es2023', 'esnext.array', 'esnext.disposable', 'dom', 'dom.iterable'],
            types: ['node'],
            strict: true,
            skipLibCheck: true,
          },
          files: [typesFile],
        },
        skipLibCheck: true,
      },
      messages: {
        extractorMessageReporting: { default: silent },
        tsdocMessageReporting: { default: silent },
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      },
    },
  };
}

/** Whether something is documented, and release tags that are not used here, are no change of the API. */
function withoutNoise(report: string): string {
  const declarations = report.slice(report.indexOf('```ts'));
  return declarations
    .split('\n')
    .filter((line) => !/^\s*\/\/ (\(undocumented\)|@public|@alpha|@beta|@internal)/.test(line))
    .join('\n')
    .replace('// (No @packageDocumentation comment for this package)\n', '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .replace('```ts\n\n', '```ts\n');
}
