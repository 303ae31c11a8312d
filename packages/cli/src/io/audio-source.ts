import { type AudioFile, openAudioFile } from '@speech-tokens/audio-files';
import type { CliContext } from '../context.ts';
import type { InputSource } from './input-source.ts';

/** A recording to work on. */
export interface AudioSource {
  /** File name without folders, or `stdin`. */
  readonly label: string;
  readonly file: AudioFile;
  /** Length where the file tells it. */
  readonly durationSeconds: number | undefined;
}

/**
 * Opens the audio in some bytes. Closing its file closes the input.
 * @throws SpeechTokensError `audio-decode`
 */
export async function openAudio(context: CliContext, input: InputSource): Promise<AudioSource> {
  const { signal } = context;
  const file = await openAudioFile(input, { signal });
  const durationSeconds = file.sampleCount === undefined ? undefined : file.sampleCount / file.sampleRateHz;
  return { label: input.label, file, durationSeconds };
}
