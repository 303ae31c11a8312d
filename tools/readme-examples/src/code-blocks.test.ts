import { expect, test } from 'vitest';
import { codeBlocks, isCommands, isProgram } from './code-blocks.ts';

test('blocks come with their language, words and line', () => {
  const blocks = codeBlocks('# T\n\n```ts\nconst a = 1;\n```\ntext\n~~~sh run\nls\n~~~\n```ts no-run\n…\n```\n');
  expect(blocks).toEqual([
    { language: 'ts', words: [], line: 4, code: 'const a = 1;' },
    { language: 'sh', words: ['run'], line: 8, code: 'ls' },
    { language: 'ts', words: ['no-run'], line: 11, code: '…' },
  ]);
  expect(blocks.map(isProgram)).toEqual([true, false, false]);
  expect(blocks.map(isCommands)).toEqual([false, true, false]);
});

test('a longer fence holds a shorter one', () => {
  expect(codeBlocks('````md\n```ts\nx\n```\n````\n')).toEqual([
    { language: 'md', words: [], line: 2, code: '```ts\nx\n```' },
  ]);
});

test('the indent of a block in a list is taken off, deeper code keeps its own', () => {
  expect(codeBlocks('- a\n  ```ts\n  if (x) {\n    y();\n  }\n  ```\n')[0]?.code).toBe('if (x) {\n  y();\n}');
});

test('a block that is not closed is an error with its line', () => {
  expect(() => codeBlocks('a\n\n```ts\nx')).toThrow('line 3');
});
