import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import codecs from '@speech-tokens/codec-rvq';
import { writeEcdc } from '@speech-tokens/codec-rvq/ecdc';
import { findComponent } from '@speech-tokens/core';
import { openTokenFileAt } from '@speech-tokens/core/node';
import { expect, it } from 'vitest';
import { run, temporaryFolder, toneWav } from './command-line.ts';
import { startLocalHub } from './local-hub.ts';

// The authors' repository, as the hub would send it, with a checkpoint of small size.

const golden = new URL('../../codec-rvq/test/golden/encodec-24khz/', import.meta.url);

async function startRepository(): Promise<string> {
  const files: Record<string, Uint8Array> = {};
  for (const name of ['config.json', 'model.safetensors']) files[name] = await readFile(new URL(name, golden));
  return startLocalHub('facebook/encodec_24khz', files);
}

it('gets a codec of the hub once, pins what it got, and works offline from then on', async () => {
  const address = await startRepository();
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'tone.wav'), toneWav(0.2, 24_000));
  const env = { SPEECH_TOKENS_OFFLINE: '0', HF_ENDPOINT: address };
  const tokenize = ['tokenize', '--tokenizer', 'rvq:encodec-24khz', 'tone.wav', '--force'];

  const refused = await run(tokenize, { cwd, env });
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toMatch(/facebook\/encodec_24khz/);
  const first = await run([...tokenize, '--yes'], { cwd, env });
  expect(first.stderr).not.toMatch(/error:/);
  expect(first.code).toBe(0);
  await using file = await openTokenFileAt(join(cwd, 'tone.tokens.safetensors'));
  expect(file.tokenSpace.id).toMatch(/^rvq:encodec-24khz#[0-9a-f]{12}$/);

  const offline = await run(tokenize, { cwd, env: { HF_ENDPOINT: address } });
  expect(offline.code).toBe(0);
  const back = await run(['detokenize', 'tone.tokens.safetensors', '--out', 'back.wav'], { cwd });
  expect(back.stderr).not.toMatch(/error:/);
  expect((await readFile(join(cwd, 'back.wav'))).length).toBeGreaterThan(0.2 * 24_000 * 2);
});

it('tells tokens of other weights from those of the hub', async () => {
  const address = await startRepository();
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'tone.wav'), toneWav(0.2, 24_000));
  const own = join(cwd, 'own');
  await mkdir(own);
  const config = JSON.parse(await readFile(new URL('config.json', golden), 'utf8'));
  await writeFile(join(own, 'config.json'), JSON.stringify({ ...config, mine: true }));
  await writeFile(join(own, 'model.safetensors'), await readFile(new URL('model.safetensors', golden)));
  const made = await run(['tokenize', '--tokenizer', 'rvq:encodec-24khz', '--checkpoint', 'own', 'tone.wav'], { cwd });
  expect(made.stderr).not.toMatch(/error:/);

  const env = { SPEECH_TOKENS_OFFLINE: '0', HF_ENDPOINT: address };
  const other = await run(['detokenize', 'tone.tokens.safetensors', '--out', 'back.wav', '--yes'], { cwd, env });
  expect(other.code).not.toBe(0);
  expect(other.stderr).toMatch(/--checkpoint/);
  const same = await run(['detokenize', 'tone.tokens.safetensors', '--out', 'back.wav', '--checkpoint', 'own'], {
    cwd,
  });
  expect(same.code).toBe(0);
});

it('writes and reads .ecdc files', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'tone.wav'), toneWav(0.2, 24_000));
  const codec = ['--tokenizer', 'rvq:encodec-24khz', '--checkpoint', fileURLToPath(golden)];
  // The published codec has other frames than this small one, so the file is refused before anything is encoded.
  const refused = await run(['tokenize', ...codec, 'tone.wav', '--out', 'tone.ecdc'], { cwd });
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toMatch(/An \.ecdc file does not hold tokens of this space/);

  const tracks = Array.from({ length: 2 }, (_, k) => ({
    ids: Uint32Array.from({ length: 75 }, (_, i) => (i * 7 + k) % 1_024),
  }));
  const tokenSpace = findComponent(codecs, 'tokenizer', 'rvq:encodec-24khz').tokenSpace;
  await writeFile(join(cwd, 'second.ecdc'), writeEcdc({ tokenSpace, startSample: 0, sampleCount: 24_000, tracks }));
  const shown = await run(['inspect', 'second.ecdc', '--json'], { cwd });
  expect(shown.stderr).not.toMatch(/error:/);
  expect(JSON.parse(shown.stdout)).toMatchObject({ durationSeconds: 1, tokens: [{ tokenSpace: 'rvq:encodec-24khz' }] });

  // The file says whose tokens they are: another codec does not get to decode them as its own.
  const other = await run(['detokenize', 'second.ecdc', '--tokenizer', 'rvq:speech-16khz'], { cwd });
  expect(other.code).toBe(1);
  expect(other.stderr).toMatch(
    /second\.ecdc does not hold tokens of rvq:speech-16khz#\w+: found tokens of encodec_24khz/,
  );
  expect(other.stderr).toMatch(/Use the detokenizer rvq:encodec-24khz/);
});
