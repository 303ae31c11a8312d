import { open, readFile, truncate, writeFile } from 'node:fs/promises';
import { encodeWav } from '@speech-tokens/audio-files';

const sampleRateHz = 16_000;

/** A tone of 440 Hz. */
export function tone(rateHz: number, seconds = 1): Float32Array {
  return Float32Array.from({ length: rateHz * seconds }, (_, n) => 0.5 * Math.sin((2 * Math.PI * 440 * n) / rateHz));
}

/** A WAV of 16 kHz: silence, which takes no space on most disks, and a tone from some second on. */
export async function writeLongWav(path: string, seconds: number, toneAtSeconds: number): Promise<void> {
  const sound = encodeWav({ sampleRateHz, channels: [tone(sampleRateHz, 10)] });
  const headerBytes = sound.length - 10 * 2 * sampleRateHz;
  const dataBytes = seconds * 2 * sampleRateHz;
  const header = new DataView(sound.buffer, 0, headerBytes);
  header.setUint32(4, headerBytes - 8 + dataBytes, true);
  header.setUint32(headerBytes - 4, dataBytes, true);
  await writeFile(path, sound.subarray(0, headerBytes));
  await truncate(path, headerBytes + dataBytes);
  const file = await open(path, 'r+');
  await file.write(sound, headerBytes, sound.length - headerBytes, headerBytes + toneAtSeconds * 2 * sampleRateHz);
  await file.close();
}

/** An MP3 again and again: one whose header does not tell its length. @param from without a header of its own */
export async function writeRepeatedMp3(from: string, path: string, times: number): Promise<void> {
  const bytes = await readFile(from);
  await writeFile(path, Buffer.concat(Array.from({ length: times }, () => bytes)));
}
