// Runs the gates and says what they found. Ends with 1 where one failed, 2 where it was called in a wrong way.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gates } from './all-gates.ts';
import type { Finding, Gate, GateContext } from './gate.ts';
import { type PackedPackage, packPackages } from './packed/pack.ts';
import { readWorkspace } from './workspace.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    update: { type: 'boolean', default: false },
    packed: { type: 'boolean', default: false },
    'json-file': { type: 'string' },
  },
});

const root = resolve(import.meta.dirname, '../../..');
const unknown = values.only?.find((name) => !gates.some((gate) => gate.name === name));
if (unknown !== undefined) {
  console.error(`There is no gate "${unknown}". There are: ${gates.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const packFolder = await mkdtemp(join(tmpdir(), 'speech-tokens-packed-'));
try {
  const workspace = await readWorkspace(root);
  let packing: Promise<readonly PackedPackage[]> | undefined;
  const context: GateContext = {
    workspace,
    update: values.update,
    packed: () => {
      packing ??= packPackages(workspace, packFolder);
      return packing;
    },
  };
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const gate of gates) {
    if (values.only !== undefined && !values.only.includes(gate.name)) continue;
    if (gate.slow === true && !values.packed && values.only === undefined) {
      console.log(`- ${gate.name}: ${gate.title} (left out; npm test -- --packed runs it)`);
      counts.skipped += 1;
      continue;
    }
    counts[(await passes(gate, context)) ? 'passed' : 'failed'] += 1;
  }
  if (values['json-file'] !== undefined) await writeFile(values['json-file'], JSON.stringify(counts));
  process.exitCode = counts.failed === 0 ? 0 : 1;
} finally {
  await rm(packFolder, { recursive: true, force: true });
}

async function passes(gate: Gate, context: GateContext): Promise<boolean> {
  const startedAt = performance.now();
  const findings = await gate.run(context).catch((thrown: unknown): readonly Finding[] => [
    {
      level: 'error',
      where: gate.name,
      message: thrown instanceof Error ? (thrown.stack ?? thrown.message) : `${thrown}`,
    },
  ]);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const failed = findings.some(({ level }) => level === 'error');
  console.log(`${failed ? '✗' : '✓'} ${gate.name}: ${gate.title} (${seconds} s)`);
  for (const { level, where, message } of findings) {
    console.log(`    ${level === 'error' ? 'error' : 'warning'}  ${where}  ${message.replaceAll('\n', '\n    ')}`);
  }
  return !failed;
}
