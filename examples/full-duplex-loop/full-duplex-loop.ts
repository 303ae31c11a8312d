// A model that hears while it speaks, step by step: the recording stands for a microphone, the file for a loudspeaker.
//   node full-duplex-loop.ts question.wav
import { parseArgs } from 'node:util';
import { createWavWriter, readAudioClip } from '@speech-tokens/audio-files';
import codecs from '@speech-tokens/codec-rvq';
import { createRandom, findComponent, type ModelFile, type ModelStore } from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import models, { streamingOf } from '@speech-tokens/slm-runtime';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'slm:moshi' },
    out: { type: 'string', default: 'answer.wav' },
    checkpoint: { type: 'string' },
    'codec-checkpoint': { type: 'string' },
  },
});
const [recording = 'question.wav'] = positionals;

const store = createModelStore();
const filesOf = (component: { readonly models: readonly ModelFile[] }, folder: string | undefined): ModelStore =>
  folder === undefined ? store : withCheckpointDirectory(store, folder, component.models);

const component = findComponent(models, 'language-model', values.model);
const model = await component.load({ models: filesOf(component, values.checkpoint), weightBits: 8 });
if (model.duplex === undefined) throw new Error(`${values.model} cannot hear while it speaks`);
const { id, codebookCount, window } = model.duplex.codec;
const [ear, mouth] = [findComponent(codecs, 'tokenizer', id), findComponent(codecs, 'detokenizer', id)];
const tokenizer = await ear.load({ models: filesOf(ear, values['codec-checkpoint']) });
const detokenizer = await mouth.load({ models: filesOf(mouth, values['codec-checkpoint']) });
if (tokenizer.streaming === undefined) throw new Error(`${id} does not stream`);

const hearing = await tokenizer.streaming.open({ codebookCount });
const conversation = await model.duplex.open({ codecSpace: tokenizer.tokenSpace, random: createRandom(0) });
const speaking = await streamingOf(detokenizer, window).open();
const wav = await createWavWriter({ path: values.out, ...detokenizer.audioFormat, sampleFormat: 'int16' });

// One frame of the codec is one step: 80 ms of Mimi. A live program would take it from a microphone.
const clip = await readAudioClip(recording, { format: tokenizer.audioFormat });
const frameSamples = tokenizer.tokenSpace.codebooks[0]?.hopSamples ?? 0;
const frameCount = Math.floor((clip.channels[0]?.length ?? 0) / frameSamples);
let slowestMs = 0;
for (let frame = 0; frame < frameCount; frame++) {
  const [startSample, end] = [frame * frameSamples, (frame + 1) * frameSamples];
  const channels = clip.channels.map((samples) => samples.subarray(startSample, end));
  const startMs = performance.now();
  for (const heard of await hearing.push({ sampleRateHz: clip.sampleRateHz, channels, startSample })) {
    for (const part of await conversation.step(heard)) {
      if (part.kind === 'text') process.stdout.write(part.text);
      if (part.kind === 'grid') for (const sound of await speaking.push(part.grid)) await wav.write(sound);
    }
  }
  slowestMs = Math.max(slowestMs, performance.now() - startMs);
}
for (const sound of await speaking.flush()) await wav.write(sound);
const { sampleCount } = await wav.finish();

const seconds = sampleCount / detokenizer.audioFormat.sampleRateHz;
const stepMs = (1000 * frameSamples) / tokenizer.tokenSpace.sampleRateHz;
console.log(`\n${values.out}: ${seconds.toFixed(2)} s in ${frameCount} steps`);
console.log(`slowest step ${slowestMs.toFixed(1)} ms, ${slowestMs < stepMs ? 'within' : 'more than'} its ${stepMs} ms`);

await Promise.all([hearing.close(), conversation.close(), speaking.close()]);
await Promise.all([model.close(), tokenizer.close(), detokenizer.close()]);
