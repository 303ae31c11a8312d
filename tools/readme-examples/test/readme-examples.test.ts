// Runs the examples of every README. The blocks of one README run in their order and share one folder, in which a
// `recording.wav` lies, so that a later block may use what an earlier one wrote.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CodeBlock, codeBlocks, isCommands, isProgram } from '../src/code-blocks.ts';
import { commandLines } from '../src/command-lines.ts';
import { readmeFiles } from '../src/readme-files.ts';
import { runExample } from '../src/run-example.ts';

const root = resolve(import.meta.dirname, '../../..');
const recording = join(root, 'examples', 'audio', 'sense-and-sensibility.wav');
const command = join(root, 'packages', 'cli', 'src', 'bin.ts');
/** Inside of this package, so that the imports of the examples find what it depends on: all public packages. */
const programFolder = join(import.meta.dirname, '..', '.programs');

const readmes = await Promise.all(
  (await readmeFiles(root)).map(async (file) => ({
    file,
    blocks: codeBlocks(await readFile(join(root, file), 'utf8')).filter(
      (block) => isProgram(block) || isCommands(block),
    ),
  })),
);

beforeAll(async () => {
  await rm(programFolder, { recursive: true, force: true });
  await mkdir(programFolder, { recursive: true });
  for (const { file, blocks } of readmes) {
    for (const block of blocks.filter(isProgram)) await writeFile(programFile(file, block), `${block.code}\n`);
  }
});

/** Where a program of a README is written to. */
function programFile(readme: string, block: CodeBlock): string {
  return join(programFolder, `${readme.replaceAll(/[^a-z-]/gi, '-')}-${block.line}.ts`);
}

test('the root README has a program to run', () => {
  expect(readmes.find(({ file }) => file === 'README.md')?.blocks.some(isProgram)).toBe(true);
});

test('every program has right types', async () => {
  const project = join(programFolder, 'tsconfig.json');
  // As in a project of a user: strict, and no more than that.
  const compilerOptions = {
    noEmit: true,
    isolatedDeclarations: false,
    declaration: false,
    noUncheckedIndexedAccess: false,
  };
  await writeFile(
    project,
    JSON.stringify({ extends: '../../../tsconfig.base.json', compilerOptions, include: ['*.ts'] }),
  );
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { exitCode, output } = await runExample(compiler, ['-p', project], programFolder);
  expect(exitCode, output).toBe(0);
});

describe.each(readmes.filter(({ blocks }) => blocks.length > 0))('$file', ({ file, blocks }) => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'speech-tokens-readme-'));
    await cp(recording, join(folder, 'recording.wav'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test.each(blocks)('line $line', async (block) => {
    if (isProgram(block)) await runProgram(file, block, folder);
    else await runCommands(block, folder);
  });
});

async function runProgram(file: string, block: CodeBlock, folder: string): Promise<void> {
  const { exitCode, output } = await runExample(programFile(file, block), [], folder);
  expect(exitCode, output).toBe(0);
}

async function runCommands(block: CodeBlock, folder: string): Promise<void> {
  for (const { args, outputFile } of commandLines(block.code)) {
    const options = outputFile === undefined ? {} : { outputFile: join(folder, outputFile) };
    const { exitCode, output } = await runExample(command, args, folder, options);
    expect(exitCode, `speech-tokens ${args.join(' ')}\n${output}`).toBe(0);
  }
}
