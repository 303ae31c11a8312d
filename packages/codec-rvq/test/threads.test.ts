import type { AudioClip, TokenGrid } from '@speech-tokens/core';
import { beforeAll, describe, expect, test } from 'vitest';
import plugin from '../src/index.ts';
import { clipOf, loadBothSides, tinyCheckpoint } from './support/codec.ts';
import { speechLikeSamples } from './support/signals.ts';

// Codecs that run side by side on several threads, and not layer by layer, give the bits of one thread. On small
// checkpoints; some seconds, so that there are several windows.
const names = ['dac-16khz', 'dac-44khz', 'snac-24khz', 'encodec-32khz', 'encodec-48khz', 'mimi'];
/** Those whose encoder is one graph, whose threads sum in an order of their own. */
const oneEncoder = new Set(['dac-16khz', 'dac-44khz', 'snac-24khz']);

describe.each(names)('%s', (name) => {
  let clip: AudioClip;
  let wanted: Awaited<ReturnType<typeof run>>;

  async function run(threadCount: number, grid?: TokenGrid) {
    const codec = await loadBothSides(plugin, `rvq:${name}`, tinyCheckpoint(name), threadCount);
    const { channelCount, sampleRateHz } = codec.tokenizer.audioFormat;
    const hop = codec.tokenizer.tokenSpace.codebooks[0]!.hopSamples!;
    const length = Math.min(150 * hop, 5 * sampleRateHz) + 7;
    clip ??= clipOf(codec, speechLikeSamples(channelCount * length, name));
    const tokens = grid ?? (await codec.tokenizer.tokenize(clip));
    const { channels } = await codec.detokenizer.detokenize(tokens);
    await codec.close();
    return { tokens, channels };
  }

  beforeAll(async () => {
    wanted = await run(1);
  });

  test.each([2, 3])('%d threads give what one gives, bit for bit', async (threadCount) => {
    const found = await run(threadCount, oneEncoder.has(name) ? wanted.tokens : undefined);
    expect(found.tokens.tracks).toEqual(wanted.tokens.tracks);
    expect(found.channels).toEqual(wanted.channels);
  });
});
