import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAudioClip } from '../src/index.ts';
import { codesOf, fixture, readFile } from './support/collect.ts';
import { makeOgg } from './support/make-ogg.ts';
import { bytesOf, number } from './support/make-wav.ts';

/** The sound in all fixtures, see test/fixtures/README.md: a tone and a sweep. */
function soundAt(seconds: number): number {
  return (
    0.3 * Math.sin(2 * Math.PI * 440 * seconds) + 0.2 * Math.sin(2 * Math.PI * (200 * seconds + 1500 * seconds ** 2))
  );
}

/** Signal to noise against the sound that was encoded, of the middle part; a sample of delay would ruin it. */
function snrDb(samples: Float32Array, sampleRateHz: number, delaySamples = 0): number {
  let signal = 0;
  let noise = 0;
  for (let i = Math.round(samples.length * 0.2); i < samples.length * 0.8; i++) {
    const wanted = soundAt((i - delaySamples) / sampleRateHz);
    signal += wanted ** 2;
    noise += (samples[i]! - wanted) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

function snrBetween(samples: Float32Array, wanted: Float32Array): number {
  let signal = 0;
  let noise = 1e-20;
  for (let i = 0; i < wanted.length; i++) {
    signal += wanted[i]! ** 2;
    noise += (samples[i]! - wanted[i]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

const files = [
  {
    name: 'mono-16k.mp3',
    format: 'mp3',
    encoding: 'MPEG-2 layer 3',
    rate: 16_000,
    channels: 1,
    count: 16_000,
    snr: 14,
  },
  {
    name: 'stereo-44k-vbr.mp3',
    format: 'mp3',
    encoding: 'MPEG-1 layer 3',
    rate: 44_100,
    channels: 2,
    count: 22_050,
    snr: 14,
  },
  { name: 'mono-16k.ogg', format: 'ogg-vorbis', encoding: 'Vorbis', rate: 16_000, channels: 1, count: 16_000, snr: 10 },
  {
    name: 'stereo-44k.ogg',
    format: 'ogg-vorbis',
    encoding: 'Vorbis',
    rate: 44_100,
    channels: 2,
    count: 22_050,
    snr: 10,
  },
  { name: 'mono.opus', format: 'ogg-opus', encoding: 'Opus', rate: 48_000, channels: 1, count: 48_000, snr: 10 },
  { name: 'stereo.opus', format: 'ogg-opus', encoding: 'Opus', rate: 48_000, channels: 2, count: 33_600, snr: 10 },
  {
    name: 'six-channels.opus',
    format: 'ogg-opus',
    encoding: 'Opus',
    rate: 48_000,
    channels: 6,
    count: 14_400,
    snr: undefined,
  },
  {
    name: 'mono-16k-flac.ogg',
    format: 'ogg-flac',
    encoding: '16-bit integer',
    rate: 16_000,
    channels: 1,
    count: 8000,
    snr: 80,
  },
  {
    name: 'mono-16k.flac',
    format: 'flac',
    encoding: '16-bit integer',
    rate: 16_000,
    channels: 1,
    count: 9600,
    snr: 80,
  },
] as const;

describe.each(files)('$name', ({ name, format, encoding, rate, channels, count, snr }) => {
  it('has its exact length and the sound that was encoded', async () => {
    const file = await readFile(fixture(name));
    expect(file).toMatchObject({
      format,
      encoding,
      sampleRateHz: rate,
      channelCount: channels,
      sampleCount: count,
      warnings: [],
    });
    expect(file.channels.map((samples) => samples.length)).toEqual(new Array(channels).fill(count));
    if (snr !== undefined) {
      expect(snrDb(file.channels[0]!, rate)).toBeGreaterThan(snr);
      // The measure can fail: a shift by a millisecond is seen.
      expect(snrDb(file.channels[0]!, rate, rate / 1000)).toBeLessThan(snr - 5);
    }
  });

  it('gives the same samples by ranges and from memory', async () => {
    const whole = await readFile(fixture(name));
    const memory = readFileSync(fixture(name));
    for (const [startSample, endSample] of [
      [0, 100],
      [count >> 1, (count >> 1) + 3000],
      [count - 50, count + 50],
    ] as const) {
      const part = await readFile(memory, { startSample, endSample });
      expect(part.startSample).toBe(startSample);
      expect(part.channels).toEqual(whole.channels.map((samples) => samples.slice(startSample, endSample)));
    }
    expect((await readFile(memory, { startSample: count })).chunkCount).toBe(0);
  });

  it('cut in the middle: a shorter sound, and a warning', async () => {
    const bytes = readFileSync(fixture(name));
    const whole = await readFile(bytes);
    const cut = await readFile(bytes.subarray(0, Math.round(bytes.length * 0.85)));
    const length = cut.channels[0]?.length ?? 0;
    expect(length).toBeLessThan(count);
    expect(length).toBeGreaterThan(count * 0.3);
    // The last frames lack what they share with later ones.
    const sure = Math.max(0, length - 3000);
    expect(cut.channels[0]!.slice(0, sure)).toEqual(whole.channels[0]!.slice(0, sure));
    expect(cut.warnings.length).toBeGreaterThan(0);
  });
});

describe('MP3', () => {
  it('without a length in its header: the length is not known, all frames are read', async () => {
    const file = await readFile(fixture('mono-16k-no-header.mp3'));
    expect(file.sampleCount).toBeUndefined();
    // 30 frames of 576 samples: what the encoder added before and behind stays.
    expect(file.channels[0]!.length).toBe(17_280);
    expect(file.warnings).toEqual([]);
  });

  it('passes over bytes that are not frames, and says so', async () => {
    const bytes = readFileSync(fixture('mono-16k-no-header.mp3'));
    const dirty = Buffer.concat([bytes.subarray(0, 144 * 10), Buffer.alloc(500, 7), bytes.subarray(144 * 10)]);
    const file = await readFile(dirty);
    expect(file.channels[0]!.length).toBe(17_280);
    expect(codesOf(file.warnings)).toEqual(['bytes-skipped']);
  });

  it('ignores tags before and behind', async () => {
    const bytes = readFileSync(fixture('mono-16k.mp3'));
    const tagged = Buffer.concat([bytes, Buffer.from('TAG'), Buffer.alloc(125)]);
    expect((await readFile(tagged)).warnings).toEqual([]);
  });
});

describe('Ogg', () => {
  it.each([
    ['mono-16k.ogg', 6],
    ['mono.opus', 6],
    ['mono-16k-flac.ogg', 3],
  ] as const)(
    '%s without its page %i: silence in its place, the rest stays at its time, and a warning',
    async (name, page) => {
      const bytes = readFileSync(fixture(name));
      const whole = await readFile(bytes);
      const starts: number[] = [];
      for (let at = bytes.indexOf('OggS'); at !== -1; at = bytes.indexOf('OggS', at + 4)) starts.push(at);
      const damaged = Buffer.from(bytes);
      damaged[starts[page]! + 60]! ^= 0xff;
      const missing = Buffer.concat([bytes.subarray(0, starts[page]), bytes.subarray(starts[page + 1])]);
      for (const input of [damaged, missing]) {
        const file = await readFile(input);
        expect(codesOf(file.warnings)).toContain('damaged');
        const samples = file.channels[0]!;
        expect(samples.length).toBe(whole.sampleCount);
        // Silence somewhere, and the end as it was.
        let longest = 0;
        for (let i = 0, run = 0; i < samples.length; i++) {
          run = samples[i] === 0 ? run + 1 : 0;
          longest = Math.max(longest, run);
        }
        expect(longest).toBeGreaterThan(1000);
        const tail = Math.round(samples.length * 0.1);
        expect(snrBetween(samples.slice(-tail), whole.channels[0]!.slice(-tail))).toBeGreaterThan(20);
      }
    },
  );

  it('a second stream behind the first is left out, with a warning', async () => {
    const bytes = readFileSync(fixture('mono.opus'));
    const file = await readFile(Buffer.concat([bytes, readFileSync(fixture('stereo.opus'))]));
    expect(file.channels.length).toBe(1);
    expect(file.channels[0]!.length).toBe(48_000);
    expect(codesOf(file.warnings)).toEqual(['bytes-skipped']);
  });
});

describe('Opus from a writer of the test', () => {
  // A packet of one byte is 20 ms that the decoder makes up: silence at the start of a stream.
  const silent = Uint8Array.of(0xf8);
  const head = (preSkip: number, channelCount = 1): Uint8Array =>
    bytesOf('OpusHead', [1, channelCount], number(preSkip, 2), number(16_000, 4), number(0, 2), [0]);
  const tags = bytesOf('OpusTags', number(0, 4), number(0, 4));
  const file = (packets: readonly Uint8Array[], granule: number, preSkip = 312): Uint8Array =>
    makeOgg([
      { packets: [head(preSkip)], granule: 0 },
      { packets: [tags], granule: 0 },
      { packets: packets.slice(0, 2), granule: granule - 960 * (packets.length - 2) },
      { packets: packets.slice(2), granule },
    ]);

  it('cuts start and end, and honours a count that does not start at 0', async () => {
    const packets = [silent, silent, silent, silent];
    expect((await readFile(file(packets, 3840))).channels[0]!.length).toBe(3840 - 312);
    const late = await readFile(file(packets, 1_003_840));
    expect(late).toMatchObject({ sampleCount: 3840 - 312, warnings: [] });
    expect(late.channels[0]!.length).toBe(3840 - 312);
    const short = makeOgg([
      { packets: [head(312)], granule: 0 },
      { packets: [tags], granule: 0 },
      { packets: [silent, silent], granule: 1920 },
      { packets: [silent, silent], granule: 3000 },
    ]);
    expect(await readFile(short)).toMatchObject({ sampleCount: 3000 - 312, warnings: [] });
  });

  it('packets that cannot be Opus are left out, with a warning', async () => {
    const huge = new Uint8Array(5000).fill(0xf8);
    const read = await readFile(file([silent, huge, silent, new Uint8Array(0)], 3840));
    expect(codesOf(read.warnings)).toContain('damaged');
    expect(read.channels[0]!.length).toBe(2 * 960 - 312);
  });

  it.each([
    ['no channels', head(0, 0)],
    ['three channels without a mapping', head(0, 3)],
    ['a short header', head(0).subarray(0, 12)],
  ])('%s: a typed error', async (_, packet) => {
    const bytes = makeOgg([
      { packets: [packet], granule: 0 },
      { packets: [tags], granule: 0 },
    ]);
    await expect(readFile(bytes)).rejects.toMatchObject({ code: 'audio-decode' });
  });
});

describe('readAudioClip', () => {
  it('converts on the way', async () => {
    const clip = await readAudioClip(fixture('stereo-44k.ogg'), { format: { sampleRateHz: 16_000, channelCount: 1 } });
    expect(clip.sampleRateHz).toBe(16_000);
    expect(clip.channels.map((samples) => samples.length)).toEqual([8000]);
  });
});
