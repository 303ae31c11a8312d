import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openTokenFileAt } from '@speech-tokens/core/node';
import { expect, it } from 'vitest';
import { run, stepsPlugin, temporaryFolder, toneWav } from './command-line.ts';

/** A plugin whose token space is named by its one model file. */
async function projectWithPlugin(): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of ['plugin', 'own', 'empty']) await mkdir(join(folder, name));
  const provides = ['tokenizer', 'detokenizer'].map((kind) => ({ kind, id: 'tuned:mean', title: 'Tuned' }));
  const speechTokens = { specificationVersion: 'v1', provides };
  const json = { name: 'tuned', version: '1.0.0', type: 'module', exports: './index.js', speechTokens };
  await writeFile(join(folder, 'plugin/package.json'), JSON.stringify(json));
  await writeFile(join(folder, 'plugin/space.txt'), 'tuned:mean#1');
  await writeFile(join(folder, 'own/space.txt'), 'tuned:mean#own');
  await writeFile(
    join(folder, 'plugin/index.js'),
    `import { readFile } from 'node:fs/promises';
    import steps from ${JSON.stringify(pathToFileURL(join(stepsPlugin, 'index.js')).href)};
    const model = { name: 'space.txt', source: { type: 'bundled', url: new URL('./space.txt', import.meta.url).href }, licence: 'Apache-2.0' };
    const renamed = (tokenSpace, id) => ({ ...tokenSpace, id });
    export default {
      specificationVersion: 'v1',
      components: steps.components.filter(({ id }) => id === 'steps:mean').map((component) => ({
        ...component,
        id: 'tuned:mean',
        tokenSpace: renamed(component.tokenSpace, 'tuned:mean#1'),
        models: [model],
        async load({ models }) {
          const { path } = await models.resolve(model);
          const { streaming: _, ...part } = await component.load();
          const tokenSpace = renamed(component.tokenSpace, await readFile(path, 'utf8'));
          if (component.kind === 'detokenizer') return { ...part, tokenSpace };
          return { ...part, tokenSpace, tokenize: async (clip, options) => ({ ...(await part.tokenize(clip, options)), tokenSpace }) };
        },
      })),
    };`,
  );
  await writeFile(join(folder, 'tone.wav'), toneWav(0.5));
  return folder;
}

it('takes the files of a folder in place of the model’s own, both ways', async () => {
  const cwd = await projectWithPlugin();
  const plugins = ['--plugins', 'plugin', '--force'];
  const own = [...plugins, '--checkpoint', 'own'];
  expect((await run(['tokenize', 'tone.wav', '--tokenizer', 'tuned:mean', ...own], { cwd })).code).toBe(0);
  await using file = await openTokenFileAt(join(cwd, 'tone.tokens.safetensors'));
  expect(file.tokenSpace.id).toBe('tuned:mean#own');

  const without = await run(['detokenize', 'tone.tokens.safetensors', ...plugins], { cwd });
  expect(without.code).toBe(1);
  expect(without.stderr).toMatch(
    /reads tokens of tuned:mean#own: found .*tuned:mean \(tuned:mean#1\).*--checkpoint DIR/,
  );
  expect((await run(['detokenize', 'tone.tokens.safetensors', ...own], { cwd })).code).toBe(0);
  const compared = await run(
    ['compare', 'tone.wav', '--tokenizer', 'tuned:mean', '--plugins', 'plugin', '--checkpoint', 'own', '--json'],
    { cwd },
  );
  expect(JSON.parse(compared.stdout).variants[0]).toMatchObject({
    tokenSpace: 'tuned:mean#own',
    siSdrDb: expect.any(Number),
  });

  await run(['tokenize', 'tone.wav', '--tokenizer', 'tuned:mean', ...plugins], { cwd });
  const other = await run(['detokenize', 'tone.tokens.safetensors', ...own], { cwd });
  expect(other.code).toBe(1);
  expect(other.stderr).toMatch(/found tokens of tuned:mean#1, wanted tuned:mean#own/);
});

it('says which file a folder lacks', async () => {
  const cwd = await projectWithPlugin();
  const argv = [
    'tokenize',
    'tone.wav',
    '--tokenizer',
    'tuned:mean',
    '--plugins',
    'plugin',
    '--checkpoint',
    'empty',
    '--json',
  ];
  const { code, stdout, stderr } = await run(argv, { cwd });
  expect(code).toBe(1);
  expect(stderr).toMatch(/The checkpoint folder .*empty lacks a file .*: found an empty folder, wanted space\.txt/);
  expect(JSON.parse(stdout)).toMatchObject({ command: 'tokenize', error: { code: 'model-missing' } });
});
