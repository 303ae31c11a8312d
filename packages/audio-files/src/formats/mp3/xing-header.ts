import { asciiOf, viewOf } from '../../source/byte-window.ts';
import type { MpegHeader } from './mpeg-header.ts';

/** What the first frame of an MP3 may say about the whole, in place of audio. */
export interface XingHeader {
  readonly frameCount: number | undefined;
  /** Bytes from this frame to the end of the last. */
  readonly sizeBytes: number | undefined;
  /** Samples that the encoder put before and behind the audio; `undefined` where it does not say. */
  readonly gap: { readonly delaySamples: number; readonly paddingSamples: number } | undefined;
}

/**
 * Reads a Xing or Info header with LAME's extension (gabriel.mp3-tech.org/mp3infotag.html), or Fraunhofer's VBRI.
 * @param frame the first frame, from its header on
 */
export function parseXingHeader(frame: Uint8Array, header: MpegHeader): XingHeader | undefined {
  const view = viewOf(frame);
  const uint32 = (at: number): number | undefined => (at + 4 <= frame.length ? view.getUint32(at, false) : undefined);
  if (asciiOf(frame, 36, 4) === 'VBRI') return { sizeBytes: uint32(46), frameCount: uint32(50), gap: undefined };
  let at = 4 + header.sideInfoBytes;
  const tag = asciiOf(frame, at, 4);
  const flags = uint32(at + 4);
  if ((tag !== 'Xing' && tag !== 'Info') || flags === undefined) return undefined;
  at += 8;
  const next = (): number | undefined => {
    at += 4;
    return uint32(at - 4);
  };
  const frameCount = flags & 1 ? next() : undefined;
  const sizeBytes = flags & 2 ? next() : undefined;
  if (flags & 4) at += 100;
  if (flags & 8) at += 4;
  // The encoder's name comes first; without one there is no extension.
  const hasExtension = /^[A-Za-z]{4}/.test(asciiOf(frame, at, 4)) && at + 24 <= frame.length;
  const gap = hasExtension
    ? {
        delaySamples: frame[at + 21]! * 16 + (frame[at + 22]! >> 4),
        paddingSamples: (frame[at + 22]! & 15) * 256 + frame[at + 23]!,
      }
    : undefined;
  return { frameCount, sizeBytes, gap };
}
