import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { add, cast, GraphBuilder, openOnnxFile, symbolicDim } from '../src/index.ts';

let directory: string;
let path: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'onnx-file-'));
  path = join(directory, 'model.onnx');
  const g = new GraphBuilder('published');
  const ids = g.input('ids', 'int64', [symbolicDim('n')]);
  const mask = g.input('mask', 'bool', [symbolicDim('n')]);
  const sum = add(g, ids, cast(g, mask, 'int64'));
  g.output('sum', sum);
  g.output('as_float', cast(g, sum, 'float32'));
  await writeFile(path, g.build().model);
});
afterAll(() => rm(directory, { recursive: true }));

test('integers are 32 bits wide at the border, whatever the model takes and gives', async () => {
  const model = await openOnnxFile(path);
  expect(model.inputNames).toEqual(['ids', 'mask']);
  expect(model.outputNames).toEqual(['sum', 'as_float']);
  const shape = [3];
  const results = await model.run({
    ids: { values: Int32Array.of(5, -6, 7), shape },
    mask: { values: Int32Array.of(1, 0, 1), shape },
  });
  expect(results).toEqual({
    sum: { values: Int32Array.of(6, -6, 8), shape },
    as_float: { values: Float32Array.of(6, -6, 8), shape },
  });
  await model.close();
  await model.close();
  await expect(model.run({})).rejects.toMatchObject({ code: 'session-closed' });
});

test('what is no model is a typed error with its path', async () => {
  const broken = join(directory, 'broken.onnx');
  await writeFile(broken, 'no model');
  await expect(openOnnxFile(broken)).rejects.toMatchObject({ code: 'checkpoint-invalid', details: { path: broken } });
  await expect(openOnnxFile(join(directory, 'absent.onnx'))).rejects.toMatchObject({ code: 'checkpoint-invalid' });
});

test('an input that is left out is an error of the run', async () => {
  const model = await openOnnxFile(path);
  const run = model.run({ ids: { values: Int32Array.of(1), shape: [1] } });
  await expect(run).rejects.toMatchObject({ code: 'inference-failed' });
  await model.close();
});
