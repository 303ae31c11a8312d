import { readFileSync } from 'node:fs';
import type {
  DetokenizerSettings,
  SpeechPluginV1,
  SpeechTokenizerV1,
  TokenGrid,
  TokenSpace,
} from '@speech-tokens/core';
import { type BuiltGraph, openCheckpoint, openGraphSession, weightsOf } from '@speech-tokens/onnx-graph';
import { familyComponents } from '../../src/family/codec-family.ts';
import { oneReplica } from '../../src/parallel/graph-replicas.ts';
import { decoderLayout, encoderLayout } from '../../src/snac/contexts.ts';
import { buildDecoderGraph } from '../../src/snac/decoder-graph.ts';
import { buildEncoderGraph } from '../../src/snac/encoder-graph.ts';
import { parseSnacConfig, type SnacConfig } from '../../src/snac/snac-config.ts';
import { snacFamilies } from '../../src/snac/snac-family.ts';
import { createWindowedDetokenizer, type DecoderConditioning } from '../../src/windowed/windowed-detokenizer.ts';
import { createWindowedTokenizer } from '../../src/windowed/windowed-tokenizer.ts';
import { type Codec, codecOf, loadBothSides } from '../support/codec.ts';
import type { Reference } from '../support/reference.ts';

export { type Codec, clipOf, tinyCheckpoint } from '../support/codec.ts';

export const snacNames = ['snac-24khz', 'snac-32khz', 'snac-44khz'] as const;

/** The families here alone, as a plugin. */
export const snacPlugin: SpeechPluginV1 = {
  specificationVersion: 'v1',
  components: snacFamilies.flatMap(familyComponents),
};

export function loadCodec(name: string, directory: string): Promise<Codec> {
  return loadBothSides(snacPlugin, `rvq:${name}`, directory);
}

export interface WindowedCodecOptions {
  /** Positions of a window; the codecs that users load have windows longer than any test. */
  readonly windowPositions: number;
  readonly conditioningOf: (config: SnacConfig, given: DetokenizerSettings['conditioning']) => DecoderConditioning;
}

/** The same graphs in windows of another length. */
export async function loadWindowedCodec(
  directory: string,
  { windowPositions, conditioningOf }: WindowedCodecOptions,
): Promise<Codec> {
  const config = parseSnacConfig(readFileSync(`${directory}/config.json`, 'utf8'), directory);
  const checkpoint = await openCheckpoint(directory);
  const weights = weightsOf(checkpoint);
  const openGraph = (graph: BuiltGraph) => openGraphSession(graph, { weightsDirectory: checkpoint.directory });
  const openReplicas = async (graph: BuiltGraph) => oneReplica(await openGraph(graph));
  const { sampleRateHz, codebookSize: size, codebookStrides, hopSamples } = config;
  const codebooks = codebookStrides.map((stride, k) => ({ name: `${k}`, size, hopSamples: stride * hopSamples }));
  const tokenSpace: TokenSpace = { id: 'windowed#0', sampleRateHz, codebooks, prefixDecodable: true };
  const [encoder, decoder] = [encoderLayout(config, windowPositions), decoderLayout(config, windowPositions)];
  return codecOf(
    createWindowedTokenizer({
      tokenSpace,
      layout: encoder,
      buildEncoder: (codebookCount) => buildEncoderGraph(config, weights, { layout: encoder, codebookCount }),
      openGraph,
    }),
    await createWindowedDetokenizer({
      tokenSpace,
      layout: decoder,
      decoder: buildDecoderGraph(config, weights, decoder),
      openReplicas,
      conditioningOf: (given) => conditioningOf(config, given),
    }),
  );
}

/** The codes of PyTorch, up to the end of its padding. */
export function referenceGrid({ tokenSpace }: SpeechTokenizerV1, reference: Reference, example: string): TokenGrid {
  const tracks = tokenSpace.codebooks.map((_, k) => ({
    ids: Uint32Array.from(reference.integers(`${example}.codes.${k}`)),
  }));
  const sampleCount = tracks[0]!.ids.length * tokenSpace.codebooks[0]!.hopSamples!;
  return { tokenSpace, startSample: 0, sampleCount, tracks };
}
