export type { AudioFile, AudioFileFormat, AudioWarning, ReadOptions } from './audio-file.ts';
export { type AudioInput, openAudioFile } from './open-audio-file.ts';
export type { ByteSource } from './source/byte-source.ts';
