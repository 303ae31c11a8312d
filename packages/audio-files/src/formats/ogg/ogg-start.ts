import { createWarningList, type WarningList } from '../../audio-file.ts';
import { decodeError } from '../../errors.ts';
import type { ByteWindow } from '../../source/byte-window.ts';
import { type OggPackets, oggPackets } from './ogg-packets.ts';
import { readTail } from './ogg-pages.ts';

export interface OggStart {
  readonly packets: readonly Uint8Array[];
  /** Codec's count at the end of the stream; `undefined` where the end of the file does not tell. */
  readonly lastGranule: number | undefined;
  /** The first page on which an audio packet ends; `undefined` where there is none near. */
  readonly firstAudioPage: OggPackets | undefined;
}

/** Headers with pictures in their comments take many pages, but not this many. */
const maxHeaderPages = 2000;

/**
 * The header packets of the first stream of a file, and where it ends.
 * @throws SpeechTokensError `audio-decode` when there are fewer
 */
export async function readOggStart(
  window: ByteWindow,
  count: number,
  format: 'ogg-opus' | 'ogg-vorbis' | 'ogg-flac',
  warnings: WarningList,
): Promise<OggStart> {
  const packets: Uint8Array[] = [];
  let serial: number | undefined;
  let firstAudioPage: OggPackets | undefined;
  let pageCount = 0;
  // Reading goes over the same pages again, and warns then.
  for await (const page of oggPackets(window, createWarningList())) {
    serial ??= page.page.serial;
    if (packets.length >= count && page.packets.length > 0) {
      firstAudioPage = page;
      break;
    }
    packets.push(...page.packets);
    if (++pageCount > maxHeaderPages) break;
  }
  if (packets.length < count || serial === undefined) {
    throw decodeError({
      problem: 'The Ogg file ends within its headers',
      found: `${packets.length} header packets`,
      wanted: `${count}`,
      name: window.name,
      format,
    });
  }
  const tail = await readTail(window, serial);
  if (tail.hasOtherStreams) {
    warnings.add('bytes-skipped', 'The file holds more than one stream; only the first was read');
  } else if (!tail.isComplete) {
    warnings.add('truncated', 'The stream has no end mark: the file was probably cut short');
  }
  return { packets, lastGranule: tail.granule, firstAudioPage };
}
