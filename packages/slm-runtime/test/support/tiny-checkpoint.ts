import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSafetensorsHeader, createRandom, parseSafetensorsHeader } from '@speech-tokens/core';
import { goldenFolder } from './golden.ts';

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** In bfloat16. */
  readonly bytes: Uint8Array;
}

/**
 * Writes a checkpoint of the hub with the layers of the tiny Llama, and a vocabulary that has these tokens after 300 of
 * text: a model of real size where the tokens are those of a real one.
 * @param shardCount files of the weights, with an index where there are several
 */
export async function writeTinyCheckpoint(folder: string, tokens: readonly string[], shardCount = 1): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tokenizer = JSON.parse(await readFile(`${goldenFolder('text')}/tokenizer.json`, 'utf8'));
  const firstId = Object.keys(tokenizer.model.vocab).length;
  const added = tokens.map((content, index) => ({ ...tokenizer.added_tokens[0], content, id: firstId + index }));
  tokenizer.added_tokens.push(...added);
  const vocabularySize = firstId + tokens.length;
  const config = JSON.parse(await readFile(`${goldenFolder('llama')}/config.json`, 'utf8'));
  await write(folder, 'tokenizer.json', JSON.stringify(tokenizer));
  await write(
    folder,
    'config.json',
    JSON.stringify({ ...config, vocab_size: vocabularySize, tie_word_embeddings: true }),
  );
  const layers = (await readTensors(`${goldenFolder('llama')}/model.safetensors`)).filter(
    ({ name }) => !name.includes('embed_tokens') && !name.includes('lm_head'),
  );
  const all = [embedding(vocabularySize, 64), ...layers];
  if (shardCount === 1) {
    await write(folder, 'model.safetensors', fileOf(all));
    return;
  }
  const fileNameOf = (index: number): string => `model-${index % shardCount}.safetensors`;
  for (let shard = 0; shard < shardCount; shard++) {
    await write(folder, fileNameOf(shard), fileOf(all.filter((_, index) => index % shardCount === shard)));
  }
  const weightMap = Object.fromEntries(all.map(({ name }, index) => [name, fileNameOf(index)]));
  await write(folder, 'model.safetensors.index.json', JSON.stringify({ weight_map: weightMap }));
}

const write = (folder: string, name: string, content: string | Uint8Array): Promise<void> =>
  writeFile(join(folder, name), content);

function embedding(rowCount: number, width: number): Tensor {
  const random = createRandom('embedding');
  // Sign, an exponent of about 2^-4, and a mantissa.
  const values = Uint16Array.from({ length: rowCount * width }, () => {
    const bits = random.nextUint32();
    return ((bits & 1) << 15) | (123 << 7) | ((bits >>> 1) & 127);
  });
  return { name: 'model.embed_tokens.weight', shape: [rowCount, width], bytes: new Uint8Array(values.buffer) };
}

async function readTensors(path: string): Promise<Tensor[]> {
  const bytes = await readFile(path);
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, { path });
  return [...tensors].map(([name, { shape, offsetBytes, sizeBytes }]) => ({
    name,
    shape,
    bytes: bytes.subarray(offsetBytes, offsetBytes + sizeBytes),
  }));
}

function fileOf(tensors: readonly Tensor[]): Uint8Array {
  const header = buildSafetensorsHeader(tensors.map(({ name, shape }) => ({ name, shape, dtype: 'BF16' })));
  return Buffer.concat([header.bytes, ...tensors.map(({ bytes }) => bytes)]);
}
