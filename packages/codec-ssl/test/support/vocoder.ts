import { cp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelStore, parseSafetensorsHeader, type SpeechDetokenizerV1, type TokenGrid } from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import { openGraphSession } from '@speech-tokens/onnx-graph';
import { openVocoder } from '../../src/vocoder/open-vocoder.ts';
import { createUnitDetokenizer, unitWindows } from '../../src/vocoder/unit-detokenizer.ts';
import { unitHifiGan } from '../../src/vocoder/unit-hifigan.ts';
import type { UnitWindows } from '../../src/vocoder/vocoder-windows.ts';
import { goldenFolder } from './reference.ts';
import { scratchFolder } from './scratch.ts';

export const vocoderFolder: string = goldenFolder('unit-hifigan');

export function vocoderModels(directory: string): ModelStore {
  const nothing = createModelStore({
    cacheDirectory: join(tmpdir(), 'no-models'),
    huggingFaceCacheDirectory: false,
    offline: true,
  });
  return withCheckpointDirectory(nothing, directory, unitHifiGan.models);
}

export const loadVocoder = (directory: string): Promise<SpeechDetokenizerV1> =>
  unitHifiGan.load({ models: vocoderModels(directory) });

/** The vocoder of a folder with windows of one's own; the context is the receptive field unless it is given. */
export async function withWindows(directory: string, windows: Partial<UnitWindows>): Promise<SpeechDetokenizerV1> {
  const vocoder = await openVocoder(join(directory, 'vocoder.json'));
  const { weightsDirectory } = vocoder;
  return createUnitDetokenizer(vocoder, (graph) => openGraphSession(graph, { weightsDirectory }), {
    ...unitWindows(vocoder.config),
    ...windows,
  });
}

export function gridOf(detokenizer: Pick<SpeechDetokenizerV1, 'tokenSpace'>, units: ArrayLike<number>): TokenGrid {
  const { tokenSpace } = detokenizer;
  const sampleCount = units.length * tokenSpace.codebooks[0]!.hopSamples!;
  return { tokenSpace, startSample: 0, sampleCount, tracks: [{ ids: Uint32Array.from(units) }] };
}

/** What PyTorch computed: `reference.safetensors` of tools/reference/make_vocoder.py. */
export interface VocoderReference {
  readonly units: Int32Array;
  readonly durations: Int32Array;
  readonly cases: readonly {
    readonly speaker: number;
    readonly language: number;
    /** With the durations above. */
    readonly predicted: Float32Array;
    /** With one frame for each unit. */
    readonly byFrame: Float32Array;
  }[];
}

export async function readVocoderReference(directory: string): Promise<VocoderReference> {
  const path = join(directory, 'reference.safetensors');
  const bytes = new Uint8Array(await readFile(path));
  const { tensors, metadata } = parseSafetensorsHeader(bytes, bytes.length, { path });
  const read = (name: string): ArrayBuffer => {
    const { offsetBytes, sizeBytes } = tensors.get(name)!;
    return bytes.slice(offsetBytes, offsetBytes + sizeBytes).buffer;
  };
  const { cases } = JSON.parse(metadata.get('reference')!) as { cases: { speaker: number; language: number }[] };
  return {
    units: new Int32Array(read('units')),
    durations: new Int32Array(read('durations')),
    cases: cases.map(({ speaker, language }) => ({
      speaker,
      language,
      predicted: new Float32Array(read(`speaker-${speaker}.language-${language}.predicted`)),
      byFrame: new Float32Array(read(`speaker-${speaker}.language-${language}.by-frame`)),
    })),
  };
}

export function signalToNoiseDb(found: Float32Array, wanted: Float32Array): number {
  if (found.length !== wanted.length) throw new Error(`${found.length} samples and ${wanted.length}`);
  let [signal, noise] = [0, 0];
  for (const [i, value] of wanted.entries()) {
    signal += value ** 2;
    noise += (found[i]! - value) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

/** A copy of the golden folder, changed: tensors renamed (to null: dropped), settings and configuration overridden. */
export async function changedVocoder(changes: {
  readonly rename?: (tensor: string) => string | null;
  readonly config?: object;
  readonly settings?: object;
}): Promise<string> {
  const folder = await scratchFolder();
  await cp(vocoderFolder, folder, { recursive: true });
  for (const [name, fields] of [
    ['config.json', changes.config],
    ['vocoder.json', changes.settings],
  ] as const) {
    const text = await readFile(join(folder, name), 'utf8');
    await writeFile(join(folder, name), JSON.stringify({ ...JSON.parse(text), ...fields }));
  }
  const { rename } = changes;
  if (rename === undefined) return folder;
  const bytes = await readFile(join(folder, 'model.safetensors'));
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, unknown>;
  const renamed = Object.entries(header).map(([name, value]) => [
    name === '__metadata__' ? name : (rename(name) ?? `unused.${name}`),
    value,
  ]);
  const text = Buffer.from(JSON.stringify(Object.fromEntries(renamed)));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  await writeFile(join(folder, 'model.safetensors'), Buffer.concat([size, text, bytes.subarray(8 + length)]));
  return folder;
}
