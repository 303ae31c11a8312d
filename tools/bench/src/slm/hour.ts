/**
 * A long conversation with `slm:moshi`, full duplex through Mimi, as a host has it: memory as it goes on, and whether the
 * clock drifts. The tiny checkpoints of the tests where none are named; an hour of Moshi is 45,000 steps, whatever their
 * length.
 * usage: pnpm bench slm-hour [MOSHI MIMI] [--steps 45000] [--threads 1]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import codecs from '@speech-tokens/codec-rvq';
import { createRandom, findComponent } from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import languageModels, { openDuplexConversation } from '@speech-tokens/slm-runtime';
import { syntheticChannels } from '../codecs/checkpoints.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: 'string', default: '45000' }, threads: { type: 'string', default: '1' } },
});
const golden = (name: string): string =>
  fileURLToPath(new URL(`../../../../packages/slm-runtime/test/golden/${name}`, import.meta.url));
const [moshiFolder = golden('moshi'), mimiFolder = golden('mimi')] = positionals;
const [stepCount, threadCount] = [Number(values.steps), Number(values.threads)];

const store = createModelStore({ offline: true });
const tokenizerComponent = findComponent(codecs, 'tokenizer', 'rvq:mimi');
const codecFiles = { models: withCheckpointDirectory(store, mimiFolder, tokenizerComponent.models), threadCount };
const tokenizer = await tokenizerComponent.load(codecFiles);
const detokenizer = await findComponent(codecs, 'detokenizer', 'rvq:mimi').load(codecFiles);
const { sampleRateHz } = tokenizer.audioFormat;
const hopSamples = tokenizer.tokenSpace.codebooks[0]!.hopSamples!;

const component = findComponent(languageModels, 'language-model', 'slm:moshi');
const models = withCheckpointDirectory(store, moshiFolder, component.models);
const moshi = await component.load({ models, threadCount });
const conversation = await openDuplexConversation(moshi.duplex!, { tokenizer, detokenizer, random: createRandom(1) });

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
