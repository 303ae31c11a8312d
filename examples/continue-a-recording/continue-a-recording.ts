// What a language model says after a recording. The bundled one goes on by itself; others are told what to say:
//   node continue-a-recording.ts recording.wav
//   node continue-a-recording.ts recording.wav --model slm:csm --says "What is said in it." --text "What is to be said."
import { parseArgs } from 'node:util';
import { createWavWriter, readAudioClip } from '@speech-tokens/audio-files';
import codecs from '@speech-tokens/codec-rvq';
import encoders from '@speech-tokens/codec-ssl';
import {
  createRandom,
  findComponent,
  type ModelFile,
  type ModelStore,
  type SpeechGeneration,
  type TokenGrid,
} from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import models, { streamAudio, streamingOf } from '@speech-tokens/slm-runtime';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'slm:small' },
    says: { type: 'string' },
    text: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string', default: '0' },
    out: { type: 'string', default: 'continued.wav' },
    checkpoint: { type: 'string' },
    'codec-checkpoint': { type: 'string' },
  },
});
const [recording = 'recording.wav'] = positionals;

// Model files come from the cache, where `speech-tokens models pull` puts them, or from folders of one's own.
const store = createModelStore();
const filesOf = (component: { readonly models: readonly ModelFile[] }, folder: string | undefined): ModelStore =>
  folder === undefined ? store : withCheckpointDirectory(store, folder, component.models);

const component = findComponent(models, 'language-model', values.model);
const model = await component.load({ models: filesOf(component, values.checkpoint) });
const { generation } = model;
if (generation === undefined) throw new Error(`${values.model} cannot be asked to say something`);

// The model names its codec, and how that makes sound of what is not whole yet.
const { id, codebookCount, window } = generation.codec;
const [ear, mouth] = [findComponent(codecs, 'tokenizer', id), findComponent(codecs, 'detokenizer', id)];
const tokenizer = await ear.load({ models: filesOf(ear, values['codec-checkpoint']) });
const detokenizer = await mouth.load({ models: filesOf(mouth, values['codec-checkpoint']) });

const clip = await readAudioClip(recording, { format: tokenizer.audioFormat });
const grid = await tokenizer.tokenize(clip, { codebookCount });
const { says, text } = values;
const prompt = { grid, ...(says === undefined ? {} : { text: says }), ...(await unitsOf(generation)) };
const { tokenSpace } = detokenizer;
const frameRateHz = tokenSpace.sampleRateHz / (tokenSpace.codebooks[0]?.hopSamples ?? 1);
const parts = generation.generate({
  codecSpace: tokenSpace,
  random: createRandom(values.seed),
  prompt,
  ...(text === undefined ? {} : { text }),
  maxFrames: Math.ceil(Number(values.seconds) * frameRateHz),
});

/** Some models read semantic units of the recording too, and name their tokenizer. */
async function unitsOf({ units }: SpeechGeneration): Promise<{ units?: TokenGrid }> {
  if (units === undefined) return {};
  const encoder = await findComponent(encoders, 'tokenizer', units.id).load({ models: store });
  const heard = await encoder.tokenize(await readAudioClip(recording, { format: encoder.audioFormat }));
  await encoder.close();
  return { units: heard };
}

/** The speech of what the model says; text that it writes beside it is shown. */
async function* spoken(): AsyncGenerator<TokenGrid> {
  for await (const part of parts) {
    if (part.kind === 'grid') yield part.grid;
    if (part.kind === 'text') process.stdout.write(part.text);
  }
}

// Each block of sound is there as soon as the model has said it: here it goes into a file, it could go to a loudspeaker.
const wav = await createWavWriter({ path: values.out, ...detokenizer.audioFormat, sampleFormat: 'int16' });
for await (const sound of streamAudio(streamingOf(detokenizer, window), spoken())) await wav.write(sound);
const { sampleCount } = await wav.finish();
console.log(`${values.out}: ${(sampleCount / detokenizer.audioFormat.sampleRateHz).toFixed(2)} s`);

await Promise.all([model.close(), tokenizer.close(), detokenizer.close()]);
