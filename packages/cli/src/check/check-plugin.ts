import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { type ModelFile, type ModelStore, SpeechTokensError } from '@speech-tokens/core';
import { findPlugins, type LoadedPlugin, loadPlugin } from '@speech-tokens/core/node';
import { type CheckResult, conformanceOfPlugin, runConformance } from '@speech-tokens/core/testing';
import type { CheckCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { printJson } from '../io/print-json.ts';
import { pluginDirectories } from '../plugins/find-components.ts';
import { createModels } from '../plugins/load-component.ts';
import { plural } from '../terminal/figures.ts';
import { createProgressLine } from '../terminal/progress.ts';
import { printable } from '../terminal/text-width.ts';

/** What `--json` shows of one check. */
export interface CheckedPromise {
  /** Whom it is about, for example `tokenizer rvq:speech-16khz`. */
  readonly subject: string;
  /** Stable, for example `tokenizer-stream/latency`. */
  readonly id: string;
  /** What the contract promises. */
  readonly title: string;
  readonly status: CheckResult['status'];
  /** What was found and wanted, or why there was nothing to check. */
  readonly reason?: string;
  readonly durationMs: number;
}

/** @param ids components to check; all of the plugin where there are none */
export async function checkPlugin(
  context: CliContext,
  named: string,
  ids: readonly string[],
  options: CheckCommandOptions,
): Promise<ExitCode> {
  const { signal } = context;
  const loaded = withComponents(await load(context, named, options.plugins), ids);
  const { capabilities, painter } = context.err;
  const shown = { ...capabilities, isTerminal: capabilities.isTerminal && options.quiet !== true };
  const progress = createProgressLine((text) => context.stderr.write(text), shown, painter, 1);
  const results: CheckedPromise[] = [];
  try {
    const report = createReport(context, options.json !== true);
    await report.start(loaded);
    const subject = conformanceOfPlugin(loaded.plugin, {
      models: modelsOf(context, loaded, options),
      // The list in package.json is that of all components.
      ...(ids.length === 0 ? { manifest: loaded.manifest } : {}),
      ...(options.checkpoint === undefined ? {} : { checkpointDirectory: resolve(context.cwd, options.checkpoint) }),
      ...(options.threads === undefined ? {} : { threadCount: options.threads }),
    });
    const onProgress = ({ done, total, title }: { done: number; total: number; title: string }): void =>
      progress.stage(`${done + 1}/${total}  ${title}`);
    for await (const result of runConformance(subject, { signal, onProgress })) {
      const { subject: about, id, title, status, reason, durationMs } = result;
      results.push({ subject: about, id, title, status, durationMs, ...(reason === undefined ? {} : { reason }) });
      progress.close();
      await report.add(results.at(-1)!);
    }
    progress.close();
    await report.finish(results);
  } finally {
    progress.close();
  }
  const hasFailed = results.some(({ status }) => status === 'failed');
  if (options.json === true) {
    const { packageName, version, directory } = loaded;
    await printJson(context, 'check', {
      package: packageName,
      version,
      directory,
      hasPassed: !hasFailed,
      checks: results,
    });
  }
  return hasFailed ? exitCodes.failed : exitCodes.ok;
}

/** A path, or a name that is looked up as every plugin is. */
async function load(
  context: CliContext,
  named: string,
  pluginFolders: readonly string[] | undefined,
): Promise<LoadedPlugin> {
  const { signal, cwd } = context;
  const path = resolve(cwd, named);
  const isPath = /^[.~]/.test(named) || isAbsolute(named) || (await isPackageFolder(path));
  const directories = await pluginDirectories(context, pluginFolders);
  const [found] = await findPlugins({ ...directories, packages: [isPath ? path : named], signal });
  return loadPlugin(found!, { signal });
}

/** @throws SpeechTokensError `component-not-found` */
function withComponents(loaded: LoadedPlugin, ids: readonly string[]): LoadedPlugin {
  if (ids.length === 0) return loaded;
  const { components } = loaded.plugin;
  const known = [...new Set(components.map(({ id }) => id))];
  const unknown = ids.find((id) => !known.includes(id));
  if (unknown === undefined) {
    return { ...loaded, plugin: { ...loaded.plugin, components: components.filter(({ id }) => ids.includes(id)) } };
  }
  throw new SpeechTokensError('component-not-found', {
    problem: `${loaded.packageName} has no component with this id`,
    found: JSON.stringify(unknown),
    wanted: known.join(', '),
    remedy: 'Check the spelling, or leave the ids out to check all',
    details: { id: unknown, suggestions: known },
  });
}

async function isPackageFolder(path: string): Promise<boolean> {
  return stat(join(path, 'package.json')).then(
    (found) => found.isFile(),
    () => false,
  );
}

function modelsOf(context: CliContext, { plugin }: LoadedPlugin, options: CheckCommandOptions): ModelStore {
  const models: readonly ModelFile[] = plugin.components.flatMap((component) => component.models);
  return createModels(context, models, options);
}

interface Report {
  start(loaded: LoadedPlugin): Promise<void>;
  add(check: CheckedPromise): Promise<void>;
  finish(checks: readonly CheckedPromise[]): Promise<void>;
}

/** Prints checks as they come, grouped by whom they are about. */
function createReport(context: CliContext, isOn: boolean): Report {
  const { painter, capabilities } = context.out;
  const marks = capabilities.unicode
    ? { passed: '✓', failed: '✗', skipped: '–' }
    : { passed: '+', failed: 'X', skipped: '-' };
  let subject: string | undefined;
  const print = async (line: string): Promise<void> => {
    if (isOn) await context.print(line);
  };
  return {
    start: ({ packageName, version }) => print(painter.bold(`${printable(packageName)} ${printable(version)}`)),
    async add({ subject: about, title, status, reason }) {
      if (about !== subject) {
        subject = about;
        await print('');
        await print(painter.accent(printable(about)));
      }
      const paint = { passed: painter.good, failed: painter.bad, skipped: painter.dim }[status];
      const why = status === 'skipped' && reason !== undefined ? painter.dim(` (${printable(reason)})`) : '';
      await print(`  ${paint(marks[status])} ${status === 'skipped' ? painter.dim(title) : title}${why}`);
      if (status === 'failed' && reason !== undefined) await print(`      ${painter.bad(printable(reason))}`);
    },
    async finish(checks) {
      const count = (status: CheckResult['status']): number => checks.filter((check) => check.status === status).length;
      const [passed, failed, skipped] = [count('passed'), count('failed'), count('skipped')];
      await print('');
      const parts = [
        painter.good(`${plural(passed, 'check')} passed`),
        failed > 0 ? painter.bad(`${failed} failed`) : '',
        skipped > 0 ? painter.dim(`${skipped} skipped`) : '',
      ];
      await print(parts.filter(Boolean).join(', '));
    },
  };
}
