import type { DoctorCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { printJson } from '../io/print-json.ts';
import { findInstalledPlugins } from '../plugins/find-components.ts';
import { createCliModelStore } from '../plugins/load-component.ts';
import { plural } from '../terminal/figures.ts';
import { padEnd, printable } from '../terminal/text-width.ts';
import { examineCache, examineNode, examineRuntime, examineSettings, examineTerminal } from './examine-machine.ts';
import { examineComponents, examinePlugins } from './examine-plugins.ts';
import type { Finding } from './findings.ts';

/** Looks at everything that a run depends on, one thing after the other, and prints what was found and what to do. */
export async function examine(context: CliContext, options: DoctorCommandOptions): Promise<ExitCode> {
  const { signal } = context;
  const store = createCliModelStore(context, {});
  const findings: Finding[] = [examineNode(), await examineRuntime()];
  signal.throwIfAborted();
  const plugins = await findInstalledPlugins(context, options.plugins);
  findings.push(...examinePlugins(plugins), ...(await examineComponents(context, plugins, store)));
  signal.throwIfAborted();
  findings.push(
    await examineCache(store.cacheDirectory),
    ...examineSettings(context.env, store),
    examineTerminal(context),
  );
  const hasProblem = findings.some(({ status }) => status === 'problem');
  if (options.json === true) await printJson(context, 'doctor', { isHealthy: !hasProblem, findings });
  else await print(context, findings);
  return hasProblem ? exitCodes.failed : exitCodes.ok;
}

async function print(context: CliContext, findings: readonly Finding[]): Promise<void> {
  const { painter, capabilities } = context.out;
  const marks = capabilities.unicode
    ? { ok: '✓', warning: '!', problem: '✗' }
    : { ok: '+', warning: '!', problem: 'X' };
  const paints = { ok: painter.good, warning: painter.warn, problem: painter.bad };
  const width = Math.max(...findings.map(({ title }) => title.length));
  for (const { title, status, found, remedy } of findings) {
    await context.print(`${paints[status](marks[status])} ${painter.dim(padEnd(title, width))}  ${printable(found)}`);
    if (remedy !== undefined)
      await context.print(`  ${' '.repeat(width)}  ${paints[status](`→ ${printable(remedy)}`)}`);
  }
  const count = (wanted: Finding['status']): number => findings.filter(({ status }) => status === wanted).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  await context.print('');
  if (problems + warnings === 0) await context.print(painter.good('Everything is in order.'));
  else {
    const parts = [
      problems > 0 ? painter.bad(plural(problems, 'problem')) : '',
      warnings > 0 ? painter.warn(plural(warnings, 'warning')) : '',
    ];
    await context.print(parts.filter(Boolean).join(', '));
  }
}
