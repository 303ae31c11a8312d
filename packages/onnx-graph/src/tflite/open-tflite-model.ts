import { openFileSource } from '@speech-tokens/core/node/files';
import { checkpointError } from '../checkpoint/checkpoint-fault.ts';
import { realFile } from '../checkpoint/real-location.ts';
import { readTfliteModel } from './read-tflite-model.ts';
import type { TfliteModel } from './tflite-model.ts';

/** Tables and values lie mixed in a flatbuffer, so that the file is read as a whole; speech codecs have a few MB. */
const maximumFileBytes = 256 << 20;

/**
 * Opens a `.tflite` file: its subgraphs, and its constants as a checkpoint.
 * @throws SpeechTokensError `checkpoint-invalid` when it is no TFLite model, a damaged one, or larger than 256 MiB;
 * `file-read`
 */
export async function openTfliteModel(path: string): Promise<TfliteModel> {
  const file = await realFile(path);
  await using source = await openFileSource(path);
  if (source.sizeBytes < 8 || source.sizeBytes > maximumFileBytes) {
    throw checkpointError(path, {
      problem: 'The file cannot be read as a TFLite model',
      found: `${source.sizeBytes} bytes`,
      wanted: `8 to ${maximumFileBytes} bytes`,
    });
  }
  return readTfliteModel(await source.read(0, source.sizeBytes), file);
}
