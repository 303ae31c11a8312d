import type { CallOptions, PcmChunk } from '@speech-tokens/core';

/** What a file holds, by its content. */
export type AudioFileFormat = 'wav' | 'aiff' | 'flac' | 'ogg-flac' | 'mp3' | 'ogg-vorbis' | 'ogg-opus';

/** Something a reader of the file should know, though it could be read. */
export interface AudioWarning {
  readonly code: /** The header gives a size that the file does not have; what is there was taken. */
    | 'size-mismatch'
    /** The file ends before its header says. */
    | 'truncated'
    /** The header does not give the length; it was taken from the file's size. */
    | 'length-unknown'
    /** A header field contradicts another; the plausible one was taken. */
    | 'header-inconsistent'
    /** Parts could not be decoded, and silence of the same length stands in for them. */
    | 'damaged'
    /** Bytes that are not audio were skipped. */
    | 'bytes-skipped'
    /** Values that are not finite became 0. */
    | 'not-finite'
    /** Values outside [-1, 1) were clipped on writing. */
    | 'clipped';
  /** One sentence for people. */
  readonly message: string;
}

export interface ReadOptions extends CallOptions {
  /** First sample wanted, in samples from the start of the file; 0 by default. */
  readonly startSample?: number;
  /** End of what is wanted (exclusive); the end of the file by default, and where it lies beyond it. */
  readonly endSample?: number;
}

/** An open sound file. Several reads may run at the same time; each has its own place. */
export interface AudioFile {
  readonly format: AudioFileFormat;
  /** How samples are stored, in a few words, for example `24-bit integer`. */
  readonly encoding: string;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  /** Samples in each channel; `undefined` where the container does not tell. */
  readonly sampleCount: number | undefined;
  /** What was noticed so far; it may grow while reading. */
  readonly warnings: readonly AudioWarning[];
  /**
   * The samples in order, in pieces of bounded size; `startSample` of each counts from the start of the file. WAV, AIFF
   * and FLAC start anywhere without decoding what comes before; the others decode from the start and throw it away.
   * Each piece belongs to the caller.
   * @throws SpeechTokensError `argument-invalid` when the range is not one
   * @throws SpeechTokensError `audio-decode` when nothing of the audio can be decoded
   * @throws SpeechTokensError `file-read` when reading the source fails
   */
  read(options?: ReadOptions): AsyncIterable<PcmChunk>;
  /** Lets go of the source. May be called more than once. */
  close(): Promise<void>;
}

/** What a reader of one format gives to `openAudioFile`. */
export interface FormatReader {
  readonly format: AudioFileFormat;
  readonly encoding: string;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly sampleCount: number | undefined;
  /** Pieces that cover [startSample, endSample) as far as the file goes. */
  readRange(startSample: number, endSample: number, signal: AbortSignal | undefined): AsyncIterable<PcmChunk>;
}

/** Collects warnings; the same code and message comes in once. */
export interface WarningList {
  readonly items: readonly AudioWarning[];
  add(code: AudioWarning['code'], message: string): void;
}

export function createWarningList(): WarningList {
  const items: AudioWarning[] = [];
  return {
    items,
    add(code, message) {
      // A file damaged everywhere must not fill memory with sentences about it.
      if (items.length >= 100 || items.some((item) => item.code === code && item.message === message)) return;
      items.push({ code, message });
    },
  };
}
