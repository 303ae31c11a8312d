/**
 * How far the codecs are from PyTorch: codes and audio of the reference cases that lie beside the checkpoints.
 * usage: pnpm bench parity CHECKPOINTS [--only NAME,…] [--threads 1] [--differences]
 * --differences lists where the codes of a frame begin to differ. What comes after it in the frame follows from it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  parseSafetensorsHeader,
  type SpeechDetokenizerV1,
  type SpeechTokenizerV1,
  type TokenGrid,
} from '@speech-tokens/core';
import { findCheckpoints } from './checkpoints.ts';
import { firstDifferences } from './first-differences.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: '1' },
    differences: { type: 'boolean', default: false },
  },
});

interface ReferenceCase {
  readonly channels: readonly Float32Array[];
  readonly tracks: readonly Uint32Array[];
  /** One for each segment, where the codec has them. */
  readonly scales?: Float32Array;
  /** Audio by number of codebooks. */
  readonly decoded: ReadonlyMap<number, readonly Float32Array[]>;
}

const rows: Record<string, string | number>[] = [];
const only = values.only === '' ? [] : values.only.split(',');
for (const checkpoint of await findCheckpoints(positionals[0] ?? '.', only)) {
  const { tokenizer, detokenizer } = await checkpoint.load(Number(values.threads));
  for (const [name, reference] of await readReference(join(checkpoint.folder, 'reference.safetensors'))) {
    const { figures, differences } = await compare(tokenizer, detokenizer, reference);
    rows.push({ codec: checkpoint.name, case: name, ...figures });
    console.log(Object.values(rows.at(-1)!).join('  '));
    for (const { codebook, frame, found, wanted, followers } of values.differences ? differences : []) {
      console.log(
        `  frame ${frame}, codebook ${codebook}: ${found}, PyTorch ${wanted}; ${followers} more codes follow`,
      );
    }
  }
  await tokenizer.close();
  await detokenizer.close();
}
console.table(rows);

async function compare(tokenizer: SpeechTokenizerV1, detokenizer: SpeechDetokenizerV1, reference: ReferenceCase) {
  const { sampleRateHz } = tokenizer.audioFormat;
  const grid = await tokenizer.tokenize({ sampleRateHz, channels: reference.channels });
  let [equal, total] = [0, 0];
  for (const [k, { ids }] of grid.tracks.entries()) {
    // SNAC's authors also give out the frames that fill the last window of attention.
    const wanted = reference.tracks[k]!.subarray(0, ids.length);
    if (ids.length !== wanted.length) throw new Error(`codebook ${k} has ${ids.length} ids, PyTorch ${wanted.length}`);
    total += ids.length;
    equal += ids.filter((id, i) => id === wanted[i]).length;
  }
  const { codebooks, id } = tokenizer.tokenSpace;
  const tracks = grid.tracks.map(({ ids }, k) => ({ ids, hopSamples: codebooks[k]!.hopSamples! }));
  // Mimi's first codebook and its second one both quantize the latents themselves.
  const differences = firstDifferences(tracks, reference.tracks, id.startsWith('rvq:mimi') ? [0, 1] : [0]);
  const figures: Record<string, string> = {
    'codes equal': `${((100 * equal) / total).toFixed(3)} % of ${total}`,
    'first differences': String(differences.length),
  };
  const { scales } = reference;
  const theirs: TokenGrid = {
    ...grid,
    tracks: reference.tracks.map((ids, k) => ({ ids: ids.subarray(0, grid.tracks[k]!.ids.length) })),
    ...(scales === undefined ? {} : { sideTracks: grid.sideTracks!.map((track) => ({ ...track, values: scales })) }),
  };
  for (const [count, wanted] of reference.decoded) {
    const clip = await detokenizer.detokenize(theirs, {
      codebookCount: count,
      ...(id.startsWith('rvq:snac') ? { conditioning: { noise: 'off' } } : {}),
    });
    figures[`SNR dB, K ${count}`] = snrDb(wanted, clip.channels).toFixed(1);
  }
  return { figures, differences };
}

function snrDb(wanted: readonly Float32Array[], found: readonly Float32Array[]): number {
  let [signal, noise] = [0, 0];
  for (const [channel, samples] of wanted.entries()) {
    for (const [i, value] of samples.entries()) {
      signal += value ** 2;
      noise += (value - found[channel]![i]!) ** 2;
    }
  }
  return 10 * Math.log10(signal / noise);
}

async function readReference(path: string): Promise<ReadonlyMap<string, ReferenceCase>> {
  const bytes = new Uint8Array(await readFile(path));
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, { path });
  const read = (name: string): { readonly shape: readonly number[]; readonly values: ArrayBuffer } | undefined => {
    const tensor = tensors.get(name);
    if (tensor === undefined) return undefined;
    const { offsetBytes, sizeBytes, shape } = tensor;
    return { shape, values: bytes.slice(offsetBytes, offsetBytes + sizeBytes).buffer };
  };
  const audio = (name: string): readonly Float32Array[] => {
    const { shape, values: buffer } = read(name)!;
    const samples = new Float32Array(buffer);
    const length = shape.at(-1)!;
    return Array.from({ length: samples.length / length }, (_, i) => samples.subarray(i * length, (i + 1) * length));
  };
  const cases = new Map<string, ReferenceCase>();
  const names = [...tensors.keys()].filter((name) => name.endsWith('.samples')).map((name) => name.split('.')[0]!);
  for (const name of names) {
    const counts = [...tensors.keys()]
      .map((key) => key.match(`^${name}\\.decoded\\.(\\d+)$`)?.[1])
      .filter((count) => count !== undefined)
      .map(Number);
    const tracks = tracksOf(read, name);
    const scales = read(`${name}.scales`);
    if (tracks === undefined) continue;
    cases.set(name, {
      channels: audio(`${name}.samples`),
      tracks,
      ...(scales === undefined ? {} : { scales: new Float32Array(scales.values) }),
      decoded: new Map(counts.map((count) => [count, audio(`${name}.decoded.${count}`)])),
    });
  }
  return cases;
}

type ReadTensor = (name: string) => { readonly shape: readonly number[]; readonly values: ArrayBuffer } | undefined;

/** One matrix `[frames, codebooks]`, one for each segment, or a tensor for each level of a multi-rate codec. */
function tracksOf(read: ReadTensor, name: string): readonly Uint32Array[] | undefined {
  const matrices = [read(`${name}.codes`)];
  for (let i = 0; matrices[0] === undefined; i++) {
    const segment = read(`${name}.segments.${i}.codes`);
    if (segment === undefined) break;
    matrices.push(segment);
    if (read(`${name}.segments.${i + 1}.codes`) === undefined) break;
  }
  const found = matrices.filter((matrix) => matrix !== undefined);
  if (found.length > 0) {
    const count = found[0]!.shape[1]!;
    const codes = found.flatMap(({ values: buffer }) => [...new Int32Array(buffer)]);
    const frames = codes.length / count;
    return Array.from({ length: count }, (_, k) =>
      Uint32Array.from({ length: frames }, (_, t) => codes[t * count + k]!),
    );
  }
  const levels: Uint32Array[] = [];
  for (let level = read(`${name}.codes.0`); level !== undefined; level = read(`${name}.codes.${levels.length}`)) {
    levels.push(new Uint32Array(level.values));
  }
  return levels.length === 0 ? undefined : levels;
}
