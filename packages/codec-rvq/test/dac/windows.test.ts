import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createRandom,
  type PcmChunk,
  type SpeechDetokenizerV1,
  type SpeechTokenizerV1,
  type TokenGrid,
} from '@speech-tokens/core';
import {
  type BuiltGraph,
  type Checkpoint,
  openCheckpoint,
  openGraphSession,
  weightsOf,
} from '@speech-tokens/onnx-graph';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DacConfig, parseDacConfig } from '../../src/dac/dac-config.ts';
import { buildDacDecoder } from '../../src/dac/decoder-graph.ts';
import { buildDacEncoder } from '../../src/dac/encoder-graph.ts';
import { decoderReach, encoderReachSamples } from '../../src/dac/receptive-field.ts';
import { residualSpace } from '../../src/family/residual-space.ts';
import { oneReplica } from '../../src/parallel/graph-replicas.ts';
import { type WindowLayout, windowLayout } from '../../src/windowed/window-layout.ts';
import { createWindowedDetokenizer } from '../../src/windowed/windowed-detokenizer.ts';
import { createWindowedTokenizer } from '../../src/windowed/windowed-tokenizer.ts';
import { snrDb } from '../support/reference.ts';
import { speechLikeSamples } from '../support/signals.ts';
import { type Codec, clipOf, dacNames, loadCodec, tinyCheckpoint } from './codecs.ts';

// Windows have no effect but on speed and latency: wherever they are cut, the result is that of the whole recording.

describe.each(dacNames)('%s', (name) => {
  let config: DacConfig;
  let checkpoint: Checkpoint;
  let whole: Codec;
  const opened: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    const path = join(tinyCheckpoint(name), 'config.json');
    config = parseDacConfig(await readFile(path, 'utf8'), path);
    checkpoint = await openCheckpoint(join(tinyCheckpoint(name), 'model.safetensors'));
    whole = { ...(await openWith(10_000)), close: async () => undefined };
  });
  afterAll(async () => {
    for (const part of opened) await part.close();
  });

  const openGraph = (graph: BuiltGraph) => openGraphSession(graph, { weightsDirectory: checkpoint.directory });
  const openReplicas = async (graph: BuiltGraph) => oneReplica(await openGraph(graph));
  /** The codec with windows of so many frames, and the context that it needs. */
  async function openWith(
    windowFrames: number,
  ): Promise<{ readonly tokenizer: SpeechTokenizerV1; readonly detokenizer: SpeechDetokenizerV1 }> {
    const { hopSamples } = config;
    const tokenSpace = { id: name, ...residualSpace(config) };
    const layout = (contextFrames: number): WindowLayout =>
      windowLayout({
        paddingSamples: hopSamples,
        windowSamples: windowFrames * hopSamples,
        contextBeforeSamples: contextFrames * hopSamples,
        contextAfterSamples: contextFrames * hopSamples,
      });
    const encoderFrames = Math.ceil(encoderReachSamples(config) / hopSamples);
    const tokenizer = createWindowedTokenizer({
      tokenSpace,
      layout: layout(encoderFrames),
      buildEncoder: (count) => buildDacEncoder(config, weightsOf(checkpoint), count),
      openGraph,
    });
    const detokenizer = await createWindowedDetokenizer({
      tokenSpace,
      layout: layout(decoderReach(config).frames),
      decoder: buildDacDecoder(config, weightsOf(checkpoint)),
      openReplicas,
    });
    opened.push(tokenizer, detokenizer);
    return { tokenizer, detokenizer };
  }

  const samplesOf = (frames: number): Float32Array => speechLikeSamples(frames * config.hopSamples - 3, `${frames}`);

  function randomGrid(frames: number): TokenGrid {
    const random = createRandom(`grid of ${frames}`);
    const { tokenSpace } = whole.tokenizer;
    const tracks = tokenSpace.codebooks.map(({ size }) => ({
      ids: Uint32Array.from({ length: frames }, () => random.nextInteger(size)),
    }));
    return { tokenSpace, startSample: 0, sampleCount: frames * config.hopSamples - 1, tracks };
  }

  test('windows of any length give what one window over everything gives', async () => {
    for (const [windowFrames, frames] of [
      [1, 60],
      [7, 90],
      [40, 130],
    ] as const) {
      const cut = await openWith(windowFrames);
      const clip = clipOf(whole, samplesOf(frames));
      expect((await cut.tokenizer.tokenize(clip)).tracks).toEqual((await whole.tokenizer.tokenize(clip)).tracks);
      const grid = randomGrid(frames);
      const [found, wanted] = [await cut.detokenizer.detokenize(grid), await whole.detokenizer.detokenize(grid)];
      expect(found.channels[0]!.length).toBe(grid.sampleCount);
      expect(snrDb(wanted.channels[0]!, found.channels[0]!), `windows of ${windowFrames} frames`).toBeGreaterThan(110);
    }
  });

  test('a frame is coded from the samples within reach, and from no others', async () => {
    const frame = 30;
    const reach = encoderReachSamples(config);
    const samples = samplesOf(60);
    const codesWith = async (impulseAt: number): Promise<readonly number[]> => {
      // Loud enough to be seen through the smallest product of weights.
      const changed = samples.slice();
      changed[impulseAt] = 1e9;
      const { tracks } = await whole.tokenizer.tokenize(clipOf(whole, changed));
      return tracks.map(({ ids }) => ids[frame]!);
    };
    const { tracks } = await whole.tokenizer.tokenize(clipOf(whole, samples));
    const unchanged = tracks.map(({ ids }) => ids[frame]!);
    const start = frame * config.hopSamples;
    expect(await codesWith(start - reach - 1)).toEqual(unchanged);
    expect(await codesWith(start + config.hopSamples + reach)).toEqual(unchanged);
    expect(await codesWith(start - reach)).not.toEqual(unchanged);
  });

  test('a frame is heard in the frames within reach, and in no others', async () => {
    const frame = 40;
    const { frames: reach } = decoderReach(config);
    const grid = randomGrid(90);
    const changed = {
      ...grid,
      tracks: grid.tracks.map(({ ids }, k) => {
        const { size } = grid.tokenSpace.codebooks[k]!;
        return { ids: ids.map((id, i) => (i === frame ? (id + size / 2) % size : id)) };
      }),
    };
    const [before, after] = [await whole.detokenizer.detokenize(grid), await whole.detokenizer.detokenize(changed)];
    const other = [...after.channels[0]!.entries()].filter(([i, sample]) => sample !== before.channels[0]![i]);
    const frames = other.map(([i]) => Math.floor(i / config.hopSamples));
    expect(Math.min(...frames)).toBeGreaterThanOrEqual(frame - reach);
    expect(Math.max(...frames)).toBeLessThanOrEqual(frame + reach);
    // The farthest taps of all layers at once are lost in rounding.
    expect(Math.min(...frames)).toBeLessThan(frame - reach / 2);
  });

  test('streams of any pieces give the tokens and the audio of the whole, bit for bit', async () => {
    const codec = await loadCodec(name, tinyCheckpoint(name));
    opened.push(codec);
    const pieces = fc.array(fc.integer({ min: 1, max: 150 * config.hopSamples }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 400 * config.hopSamples }), pieces, async (sampleCount, sizes) => {
        fc.pre(sampleCount / Math.max(...sizes) < 100);
        const samples = speechLikeSamples(sampleCount, String(sampleCount));
        const tokens = await codec.tokenizer.tokenize(clipOf(codec, samples));
        const grids = await tokensOfStream(codec, samples, sizes);
        for (const [k, { ids }] of tokens.tracks.entries()) {
          expect(grids.flatMap(({ tracks }) => [...tracks[k]!.ids])).toEqual([...ids]);
        }
        const audio = await codec.detokenizer.detokenize(tokens);
        const chunks = await audioOfStream(codec, grids);
        const joined = Float32Array.from(chunks.flatMap(({ channels }) => [...channels[0]!]));
        expect(Buffer.from(joined.buffer).equals(Buffer.from(audio.channels[0]!.slice().buffer))).toBe(true);
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});

async function tokensOfStream(codec: Codec, samples: Float32Array, sizes: readonly number[]): Promise<TokenGrid[]> {
  const session = await codec.tokenizer.streaming!.open();
  const grids: TokenGrid[] = [];
  for (let at = 0, i = 0; at < samples.length; i++) {
    const piece = samples.subarray(at, at + sizes[i % sizes.length]!);
    grids.push(...(await session.push({ ...clipOf(codec, piece), startSample: at })));
    at += piece.length;
  }
  grids.push(...(await session.flush()));
  await session.close();
  return grids;
}

async function audioOfStream(codec: Codec, grids: readonly TokenGrid[]): Promise<PcmChunk[]> {
  const session = await codec.detokenizer.streaming!.open();
  const chunks: PcmChunk[] = [];
  for (const grid of grids) chunks.push(...(await session.push(grid)));
  chunks.push(...(await session.flush()));
  await session.close();
  return chunks;
}
