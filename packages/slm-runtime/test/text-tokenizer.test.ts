import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTextTokenizer } from '../src/index.ts';
import { goldenFolder } from './support/golden.ts';

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
  readonly decoded: string;
}

const cases: readonly Case[] = JSON.parse(readFileSync(`${goldenFolder('text')}/expected.json`, 'utf8'));

describe('a tokenizer in the style of Llama 3', async () => {
  const tokenizer = await openTextTokenizer(`${goldenFolder('text')}/tokenizer.json`);

  test.each(cases)('$text', ({ text, ids, decoded }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.encode(text, { bare: true })).toEqual(ids.slice(1, -1));
    expect(tokenizer.decode(ids)).toBe(decoded);
  });

  test('names of tokens', () => {
    expect(tokenizer.idOf('<|audio_eos|>')).toBe(2);
    expect(tokenizer.idOf('<|none|>')).toBeUndefined();
  });
});

test.each(['', '{', '{}', '{"model":{"type":"BPE"}}'])('the file %j is refused', async (text) => {
  const folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
  try {
    await writeFile(join(folder, 'tokenizer.json'), text);
    await expect(openTextTokenizer(join(folder, 'tokenizer.json'))).rejects.toThrow('does not describe a tokenizer');
  } finally {
    await rm(folder, { recursive: true });
  }
});
