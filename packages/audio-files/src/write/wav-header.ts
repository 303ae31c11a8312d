import { argumentError } from '../errors.ts';
import { maxChannelCount, maxSampleRateHz } from '../limits.ts';

/** How samples are stored in a WAV file that is written. */
export type WavSampleFormat = 'int16' | 'float32';

export interface WavHeaderFields {
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly sampleFormat: WavSampleFormat;
  /** `undefined` where the length is not known in advance: sizes then read 0xFFFFFFFF. */
  readonly dataBytes: number | undefined;
  /** Leaves 36 bytes free, so that a header of the same size can turn into RF64. */
  readonly reserveLongSizes: boolean;
}

const unknownSize = 0xffffffff;

/** The end of the sub-format GUIDs of WAVEFORMATEXTENSIBLE (Microsoft's ksmedia.h). */
const guidTail = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

export function bytesPerSampleOf(sampleFormat: WavSampleFormat): number {
  return sampleFormat === 'int16' ? 2 : 4;
}

/** @throws SpeechTokensError `argument-invalid` when a WAV header cannot hold the format */
export function checkWavFormat(fields: Pick<WavHeaderFields, 'sampleRateHz' | 'channelCount' | 'sampleFormat'>): void {
  const { sampleRateHz, channelCount, sampleFormat } = fields;
  if (!Number.isSafeInteger(sampleRateHz) || sampleRateHz < 1 || sampleRateHz > maxSampleRateHz) {
    throw argumentError('sampleRateHz', String(sampleRateHz), `an integer from 1 to ${maxSampleRateHz}`);
  }
  if (!Number.isSafeInteger(channelCount) || channelCount < 1 || channelCount > maxChannelCount) {
    throw argumentError('channelCount', String(channelCount), `an integer from 1 to ${maxChannelCount}`);
  }
  if (sampleFormat !== 'int16' && sampleFormat !== 'float32') {
    throw argumentError('sampleFormat', String(sampleFormat), 'int16 or float32');
  }
}

/** Everything of a WAV file before its samples; RF64 (EBU Tech 3306) where 32 bits do not hold the sizes. */
export function wavHeader(fields: WavHeaderFields): Uint8Array<ArrayBuffer> {
  const { sampleRateHz, channelCount, sampleFormat, dataBytes, reserveLongSizes } = fields;
  const bytesPerSample = bytesPerSampleOf(sampleFormat);
  const isFloat = sampleFormat === 'float32';
  const isExtensible = channelCount > 2;
  const formatBytes = isExtensible ? 40 : isFloat ? 18 : 16;
  const headerBytes = 12 + (reserveLongSizes ? 36 : 0) + 8 + formatBytes + (isFloat ? 12 : 0) + 8;
  const isLong = dataBytes !== undefined && headerBytes - 8 + dataBytes >= unknownSize;
  if (isLong && !reserveLongSizes) {
    throw argumentError('dataBytes', String(dataBytes), 'less than 4 GiB in a header without room for long sizes');
  }
  const frameCount = dataBytes === undefined ? unknownSize : dataBytes / (bytesPerSample * channelCount);

  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const text = (value: string): void => {
    for (const character of value) bytes[at++] = character.charCodeAt(0);
  };
  const uint16 = (value: number): void => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const uint32 = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const uint64 = (value: number): void => {
    view.setBigUint64(at, BigInt(value), true);
    at += 8;
  };

  text(isLong ? 'RF64' : 'RIFF');
  uint32(isLong || dataBytes === undefined ? unknownSize : headerBytes - 8 + dataBytes);
  text('WAVE');
  if (reserveLongSizes) {
    text(isLong ? 'ds64' : 'JUNK');
    uint32(28);
    uint64(isLong ? headerBytes - 8 + dataBytes : 0);
    uint64(isLong ? dataBytes : 0);
    uint64(isLong ? frameCount : 0);
    uint32(0);
  }
  text('fmt ');
  uint32(formatBytes);
  uint16(isExtensible ? 0xfffe : isFloat ? 3 : 1);
  uint16(channelCount);
  uint32(sampleRateHz);
  uint32(Math.min(unknownSize, sampleRateHz * channelCount * bytesPerSample));
  uint16(channelCount * bytesPerSample);
  uint16(bytesPerSample * 8);
  if (isExtensible) {
    uint16(22);
    uint16(bytesPerSample * 8);
    // No claim about where the loudspeakers stand.
    uint32(0);
    uint16(isFloat ? 3 : 1);
    bytes.set(guidTail, at);
    at += guidTail.length;
  } else if (isFloat) {
    uint16(0);
  }
  if (isFloat) {
    text('fact');
    uint32(4);
    uint32(Math.min(unknownSize, frameCount));
  }
  text('data');
  uint32(isLong || dataBytes === undefined ? unknownSize : dataBytes);
  return bytes;
}
