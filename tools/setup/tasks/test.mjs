import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { capture, run } from '../lib/child-process.mjs';
import { repositoryRoot, setupFolder } from '../lib/paths.mjs';
import { prepare } from '../lib/prepare.mjs';
import { durationText, SetupError, say } from '../lib/report.mjs';
import { readRecord } from '../lib/stamp.mjs';
import { npmProgram } from '../lib/toolchain.mjs';
import { workspacePackages } from '../lib/workspace.mjs';

/**
 * @typedef {import('../lib/prepare.mjs').Ready} Ready
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {Counts & { name: string, milliseconds: number }} Result
 * @typedef {{ filters: readonly string[], packed: boolean }} Selection
 */

/** Type check, lint, build, gates, tests. @type {import('../lib/main.mjs').Task} */
export async function task(args) {
  const selection = parseSelection(args);
  const everything = selection.filters.length === 0;
  const ready = await prepare(everything ? { buildFor: 'all' } : {});
  const results = [];
  if (everything) {
    results.push(await timed('Type check', () => checkTypes(ready)));
    results.push(await timed('Lint and format', () => lint(ready)));
    results.push(await timed('Gates', () => gates(ready, selection.packed)));
  }
  results.push(await timed('Tests', () => tests(ready, selection.filters)));
  say(`\n${resultTable(results)}\n`);
  const total = sum(results);
  // The last line, alone and plain, is what CI reads.
  console.log(summaryLine(total));
  return total.failed === 0 ? 0 : 1;
}

/**
 * `--only PATH…` runs only the tests below these paths; `--packed` adds the gates that install the packed packages
 * from the npm registry, which CI always runs.
 * @param {readonly string[]} args
 * @returns {Selection}
 */
export function parseSelection(args, environment = process.env) {
  const packed = args.includes('--packed') || environment.CI === 'true';
  const rest = args.filter((arg) => arg !== '--packed');
  if (rest.length === 0) return { filters: [], packed };
  const [flag, ...filters] = rest;
  if (flag !== '--only' || filters.length === 0 || filters.some((filter) => filter.startsWith('-'))) {
    throw new SetupError(
      `npm test takes nothing, --packed, or --only with paths: npm test -- --only packages/core\nFound: ${args.join(' ')}`,
      2,
    );
  }
  return { filters, packed: false };
}

/**
 * @param {string} name
 * @param {() => Promise<Counts>} work
 * @returns {Promise<Result>}
 */
async function timed(name, work) {
  say(`\n── ${name}`);
  const startedAt = Date.now();
  const counts = await work();
  return { name, ...counts, milliseconds: Date.now() - startedAt };
}

/** @param {Ready} ready @returns {Promise<Counts>} */
async function checkTypes({ toolchain, env }) {
  const compiler = join(repositoryRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { folder, path } of await workspacePackages(repositoryRoot)) {
    if (!existsSync(join(folder, 'tsconfig.json'))) continue;
    const { exitCode, output } = await capture(toolchain.node, [compiler, '-p', join(folder, 'tsconfig.json')], {
      cwd: repositoryRoot,
      env,
    });
    counts[exitCode === 0 ? 'passed' : 'failed'] += 1;
    say(`${exitCode === 0 ? '✓' : '✗'} ${path}`);
    if (exitCode !== 0) say(output.trimEnd());
  }
  return counts;
}

/** @param {Ready} ready @returns {Promise<Counts>} */
async function lint({ toolchain, env }) {
  const biome = join(repositoryRoot, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const exitCode = await run(toolchain.node, [biome, 'check', '.'], { cwd: repositoryRoot, env });
  return exitCode === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/**
 * @param {Ready} ready
 * @param {boolean} packed
 * @returns {Promise<Counts>}
 */
async function gates({ toolchain, env }, packed) {
  const resultFile = join(setupFolder, 'gates.json');
  await rm(resultFile, { force: true });
  const script = join(repositoryRoot, 'tools', 'gates', 'src', 'main.ts');
  const args = [script, '--json-file', resultFile, ...(packed ? ['--packed'] : [])];
  // Where PATH would lead to a `.cmd` file, which needs a shell, the gates are told how to start these.
  const programs = {
    SPEECH_TOKENS_PNPM: JSON.stringify(toolchain.pnpm),
    SPEECH_TOKENS_NPM: JSON.stringify(npmProgram()),
  };
  const exitCode = await run(toolchain.node, args, { cwd: repositoryRoot, env: { ...env, ...programs } });
  return countsOrFailure(await readRecord(resultFile), exitCode);
}

/**
 * @param {Ready} ready
 * @param {readonly string[]} filters
 * @returns {Promise<Counts>}
 */
async function tests({ toolchain, env }, filters) {
  const resultFile = join(setupFolder, 'tests.json');
  await rm(resultFile, { force: true });
  const vitest = join(repositoryRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`];
  const exitCode = await run(toolchain.node, [vitest, 'run', ...reporters, ...filters], { cwd: repositoryRoot, env });
  const report = /** @type {Record<string, number> | undefined} */ (await readRecord(resultFile));
  const counts = report && {
    passed: report.numPassedTests ?? 0,
    failed: report.numFailedTests ?? 0,
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
  };
  return countsOrFailure(counts, exitCode);
}

/**
 * A program that failed without a failed count (it crashed, a file did not load) still counts as one failure.
 * @param {unknown} counts
 * @param {number} exitCode
 * @returns {Counts}
 */
export function countsOrFailure(counts, exitCode) {
  const found = /** @type {Partial<Counts> | undefined} */ (counts);
  const { passed = 0, failed = 0, skipped = 0 } = found ?? {};
  const crashed = exitCode !== 0 || found === undefined;
  return { passed, failed: crashed ? Math.max(failed, 1) : failed, skipped };
}

/** @param {readonly Counts[]} results @returns {Counts} */
function sum(results) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of results) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

/** @param {Counts} counts */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** @param {readonly Result[]} results */
function resultTable(results) {
  return results
    .map(
      (result) =>
        `${result.failed === 0 ? '✓' : '✗'} ${result.name.padEnd(16)} ${summaryLine(result)} (${durationText(result.milliseconds)})`,
    )
    .join('\n');
}
