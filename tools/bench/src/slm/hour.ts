/**
 * A long conversation with Moshi, full duplex through Mimi: memory as it goes on, and whether the clock drifts. The tiny
 * checkpoints of the tests where none are named; an hour of Moshi is 45,000 steps, whatever their length.
 * usage: pnpm bench slm-hour [MOSHI MIMI] [--steps 45000] [--threads 1]
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import plugin from '@speech-tokens/codec-rvq';
import {
  createRandom,
  type DuplexSession,
  findComponent,
  type ModelRequest,
  type SpeechDuplex,
  type SpeechPart,
  type TokenGrid,
} from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import { createMoshiConversation, createSampler, openDuplexConversation, openMoshi } from '@speech-tokens/slm-runtime';
import { syntheticChannels } from '../codecs/checkpoints.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: 'string', default: '45000' }, threads: { type: 'string', default: '1' } },
});
const golden = (path: string): string => fileURLToPath(new URL(`../../../../packages/${path}`, import.meta.url));
const [moshiFolder = golden('slm-runtime/test/golden/moshi'), mimiFolder = golden('codec-rvq/test/golden/mimi')] =
  positionals;
const [stepCount, threadCount] = [Number(values.steps), Number(values.threads)];

const tokenizerComponent = findComponent(plugin, 'tokenizer', 'rvq:mimi');
const models = withCheckpointDirectory(createModelStore(), mimiFolder, tokenizerComponent.models);
const tokenizer = await tokenizerComponent.load({ models, threadCount });
const detokenizer = await findComponent(plugin, 'detokenizer', 'rvq:mimi').load({ models, threadCount });
const { sampleRateHz } = tokenizer.audioFormat;
const hopSamples = tokenizer.tokenSpace.codebooks[0]!.hopSamples!;
const codeCount = tokenizer.tokenSpace.codebooks[0]!.size;

const paths = { config: join(moshiFolder, 'config.json'), weights: join(moshiFolder, 'model.safetensors') };
const moshi = await openMoshi(paths, { threadCount });
const conversation = await openDuplexConversation(duplexOf(), { tokenizer, detokenizer, random: createRandom(1) });

// The microphone brings pieces of no particular size, of which none is a frame.
const [sound] = syntheticChannels(20, sampleRateHz, 1) as [Float32Array];
const totalSamples = stepCount * hopSamples;
const pieces = createRandom(2);
const speaking = (async () => {
  for (let at = 0; at < totalSamples; ) {
    const from = at % sound.length;
    const wanted = 1 + pieces.nextInteger(2 * hopSamples);
    const end = Math.min(sound.length, from + wanted, from + totalSamples - at);
    await conversation.push({ sampleRateHz, channels: [sound.subarray(from, end)] });
    at += end - from;
  }
  conversation.end();
})();

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const started = performance.now();
const marks: { readonly 'of the time': string; readonly 'memory, MiB': string; readonly 'heap, MiB': string }[] = [];
let samplesOut = 0;
let gaps = 0;
let words = 0;
for await (const event of conversation.events) {
  if (event.kind === 'text') words += 1;
  if (event.kind !== 'audio') continue;
  if (event.chunk.startSample !== samplesOut) gaps += 1;
  samplesOut += event.chunk.channels[0]!.length;
  if (samplesOut < ((marks.length + 1) * totalSamples) / 10) continue;
  const { rss, heapUsed } = process.memoryUsage();
  marks.push({
    'of the time': `${(marks.length + 1) * 10} %`,
    'memory, MiB': mebibytes(rss),
    'heap, MiB': mebibytes(heapUsed),
  });
}
await speaking;
const tookSeconds = (performance.now() - started) / 1000;
const metrics = conversation.metrics();
console.table(marks);
console.log(
  `${metrics.stepCount} steps in ${tookSeconds.toFixed(0)} s, ${metrics.medianStepMs?.toFixed(2)} ms each, ` +
    `99 % within ${metrics.p99StepMs?.toFixed(2)} ms; ${words} pieces of text; peak ` +
    `${mebibytes(process.resourceUsage().maxRSS * 1024)} MiB`,
);
console.log(`samples in ${totalSamples}, out ${samplesOut}: drift ${samplesOut - totalSamples}, gaps ${gaps}`);
if (samplesOut !== totalSamples || gaps > 0) process.exitCode = 1;
await Promise.all([moshi.close(), tokenizer.close(), detokenizer.close()]);

/** As the authors' program does, the first frame is given twice: marks of the start go in instead of it. */
function duplexOf(): SpeechDuplex {
  const own = moshi.streams.filter(({ role }) => role === 'out').length - 1;
  const user = moshi.streams.filter(({ role }) => role === 'in');
  return {
    codec: { id: 'rvq:mimi', codebookCount: Math.max(own, user.length) },
    async open({ codecSpace, random }: ModelRequest): Promise<DuplexSession> {
      const samplers = moshi.streams.map(({ name, vocabularySize }, stream) =>
        createSampler({
          vocabularySize: vocabularySize - 1,
          temperature: 0.8,
          random: random.fork(name),
          ...(stream === 0 || vocabularySize - 1 <= codeCount
            ? {}
            : { forbidden: [{ first: codeCount, end: vocabularySize - 1 }] }),
        }),
      );
      const session = await moshi.open();
      const turns = createMoshiConversation(moshi, session, ({ stream }, logits) => samplers[stream]!.sample(logits));
      let at = 0;
      return {
        async step({ tracks }: TokenGrid, options = {}): Promise<readonly SpeechPart[]> {
          // Codes that a tiny model does not have: what is said does not matter here.
          const codes = Int32Array.from(user, ({ vocabularySize }, k) => tracks[k]!.ids[0]! % (vocabularySize - 1));
          if (at === 0) await turns.step(codes, options);
          const turn = await turns.step(codes, options);
          const grid: TokenGrid = {
            tokenSpace: codecSpace,
            startSample: at,
            sampleCount: hopSamples,
            tracks: Array.from(turn.codes!, (code) => ({ ids: Uint32Array.of(code) })),
          };
          at += hopSamples;
          return [{ kind: 'grid', grid }, ...(turn.textId === 3 ? [] : [{ kind: 'text', text: '·' } as const])];
        },
        close: () => session.close(),
      };
    },
  };
}
