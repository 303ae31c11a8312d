import type { AudioFileFormat } from '../audio-file.ts';
import { findMpegHeader } from '../formats/mp3/mpeg-header.ts';
import { asciiOf } from '../source/byte-window.ts';

/** Bytes of the start of a file that `detectFormat` wants to see. */
export const detectBytes = 4096;

export type Detected =
  | { readonly format: AudioFileFormat }
  /** Not readable here, or not audio: what it looked like. */
  | { readonly format: undefined; readonly looksLike: string; readonly remedy?: string };

/** The formats that can be read, for messages. */
export const supportedFormats = 'WAV (also RF64), AIFF, FLAC, MP3, Ogg Vorbis, Ogg Opus, Ogg FLAC';

/**
 * What a file holds, by its first bytes; names and extensions are not looked at.
 * @param bytes the first `detectBytes` of the file, or all of a shorter one
 */
export function detectFormat(bytes: Uint8Array): Detected {
  const at = (offset: number, text: string): boolean => asciiOf(bytes, offset, text.length) === text;
  if (at(0, 'RIFF') || at(0, 'RIFX') || at(0, 'RF64') || at(0, 'BW64')) {
    if (at(8, 'WAVE')) return { format: 'wav' };
    return { format: undefined, looksLike: `RIFF of kind ${JSON.stringify(asciiOf(bytes, 8, 4))}` };
  }
  if (at(0, 'FORM') && (at(8, 'AIFF') || at(8, 'AIFC'))) return { format: 'aiff' };
  if (at(0, 'fLaC')) return { format: 'flac' };
  if (at(0, 'OggS')) return detectOgg(bytes);
  for (const { offset, magic, title, remedy } of otherKinds) {
    if (magic.every((byte, i) => bytes[offset + i] === byte)) {
      return { format: undefined, looksLike: title, ...(remedy === undefined ? {} : { remedy }) };
    }
  }
  // MP3 has no signature: two headers that follow each other are asked for, after all that has one.
  if (findMpegHeader(bytes) !== undefined) return { format: 'mp3' };
  return { format: undefined, looksLike: describeBytes(bytes) };
}

function detectOgg(bytes: Uint8Array): Detected {
  const body = 27 + (bytes[26] ?? 0);
  const at = (text: string): boolean => asciiOf(bytes, body, text.length) === text;
  if (at('OpusHead')) return { format: 'ogg-opus' };
  if (at('\u0001vorbis')) return { format: 'ogg-vorbis' };
  if (at('\u007fFLAC')) return { format: 'ogg-flac' };
  if (at('Speex   ')) return { format: undefined, looksLike: 'Ogg Speex' };
  if (at('\u0080theora') || at('fishead')) return { format: undefined, looksLike: 'Ogg with a video or a skeleton' };
  return { format: undefined, looksLike: 'Ogg with an unknown codec' };
}

const codes = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

const aacRemedy = 'AAC is not decoded here: convert the file first, for example with "ffmpeg -i in.m4a out.wav"';

/** Kinds of file that people try, recognised so that the message can name them. */
const otherKinds: readonly {
  readonly offset: number;
  readonly magic: readonly number[];
  readonly title: string;
  readonly remedy?: string;
}[] = [
  { offset: 4, magic: codes('ftyp'), title: 'MP4 or M4A (AAC, ALAC)', remedy: aacRemedy },
  { offset: 0, magic: [0xff, 0xf1], title: 'AAC (ADTS)', remedy: aacRemedy },
  { offset: 0, magic: [0xff, 0xf9], title: 'AAC (ADTS)', remedy: aacRemedy },
  { offset: 0, magic: codes('ADIF'), title: 'AAC (ADIF)', remedy: aacRemedy },
  { offset: 0, magic: [0x1a, 0x45, 0xdf, 0xa3], title: 'Matroska or WebM' },
  { offset: 0, magic: codes('riff'), title: 'Sony Wave64' },
  { offset: 0, magic: codes('caff'), title: 'Core Audio Format' },
  { offset: 0, magic: codes('.snd'), title: 'Sun audio (.au)' },
  { offset: 0, magic: codes('#!AMR'), title: 'AMR' },
  { offset: 0, magic: codes('wvpk'), title: 'WavPack' },
  { offset: 0, magic: codes('MAC '), title: "Monkey's Audio" },
  { offset: 0, magic: codes('NIST_1A'), title: 'NIST SPHERE' },
  { offset: 0, magic: codes('MThd'), title: 'MIDI' },
  { offset: 0, magic: [0x30, 0x26, 0xb2, 0x75], title: 'Windows Media (ASF)' },
  { offset: 0, magic: [0x50, 0x4b, 3, 4], title: 'a ZIP archive' },
  { offset: 0, magic: [0x1f, 0x8b], title: 'gzip' },
  { offset: 0, magic: codes('%PDF'), title: 'PDF' },
  { offset: 0, magic: [0x93, ...codes('NUMPY')], title: 'a NumPy array' },
  { offset: 0, magic: [0x89, ...codes('PNG')], title: 'a PNG picture' },
  { offset: 8, magic: codes('{"'), title: 'safetensors' },
  { offset: 0, magic: codes('version https://git-lfs'), title: 'a Git LFS pointer', remedy: 'Run "git lfs pull"' },
];

/** The start of a file in words. */
function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  const head = bytes.subarray(0, 16);
  const hex = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (bytes.every((byte) => byte === 0)) return `zeros (${hex})`;
  const isText = head.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13);
  return isText ? `text starting with ${JSON.stringify(asciiOf(head))}` : `bytes ${hex}`;
}
