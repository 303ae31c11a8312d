import { createWarningList } from '../../audio-file.ts';
import { decodeError } from '../../errors.ts';
import type { ByteWindow } from '../../source/byte-window.ts';
import { type OggPackets, oggPackets } from './ogg-packets.ts';

export interface OggStart {
  readonly packets: readonly Uint8Array[];
  readonly serial: number;
  /** The first page on which an audio packet ends; `undefined` where there is none near. */
  readonly firstAudioPage: OggPackets | undefined;
}

/** Headers with pictures in their comments take many pages, but not this many. */
const maxHeaderPages = 2000;

/**
 * The header packets of the first stream of a file.
 * @throws SpeechTokensError `audio-decode` when there are fewer
 */
export async function firstPackets(
  window: ByteWindow,
  count: number,
  format: 'ogg-opus' | 'ogg-vorbis' | 'ogg-flac',
): Promise<OggStart> {
  const packets: Uint8Array[] = [];
  let serial: number | undefined;
  let pageCount = 0;
  // Reading goes over the same pages again, and warns then.
  for await (const page of oggPackets(window, createWarningList())) {
    serial ??= page.page.serial;
    if (packets.length >= count && page.packets.length > 0) return { packets, serial, firstAudioPage: page };
    packets.push(...page.packets);
    if (++pageCount > maxHeaderPages) break;
  }
  if (packets.length >= count && serial !== undefined) return { packets, serial, firstAudioPage: undefined };
  throw decodeError({
    problem: 'The Ogg file ends within its headers',
    found: `${packets.length} header packets`,
    wanted: `${count}`,
    name: window.name,
    format,
  });
}
