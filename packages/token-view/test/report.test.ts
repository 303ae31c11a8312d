import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Report, reportPage } from '../src/report/index.ts';
import { pack, packIds, unpack } from '../src/report/packed.ts';
import { packPage, unpackPage } from '../src/report/page-data.ts';
import { sampleReport } from './support.ts';

test('numbers come back out of a page as they were, in the least bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 100 }), (values) => {
      const size = Math.max(1, ...values.map((value) => value + 1));
      const packed = packIds(Uint32Array.from(values), size);
      expect([...unpack(packed)]).toEqual(values);
      expect(packed.type).toBe(size <= 256 ? 'u8' : size <= 65_536 ? 'u16' : 'u32');
    }),
  );
  const long = Float64Array.from({ length: 50_001 }, (_, i) => Math.sin(i) * 1e9);
  expect(unpack(pack(long.subarray(1)))).toEqual(long.slice(1));
});

test('all that a page shows comes back; sound with 16 bits', () => {
  const { tokens, recording } = sampleReport();
  const lane = { name: 'a', size: 300, ids: Uint32Array.of(1, 299), firstSample: 3, hopSamples: 0.5 };
  const content = {
    sampleRateHz: 16_000,
    sampleCount: 7,
    groups: [{ title: 'x', lanes: [lane, { ...lane, boundaries: Float64Array.of(0, 1.5, 7) }] }],
  };
  const sounds = [
    { title: 'recording', ...recording! },
    { title: 'decoded', ...tokens[0]!.decoded! },
  ];
  const found = unpackPage(JSON.parse(JSON.stringify(packPage(content, sounds))));
  const { samplesIn: _, ...shown } = found.content;
  expect(shown).toEqual(content);
  for (const [i, { channels }] of found.sounds.entries()) {
    const wanted = sounds[i]!.channels[0]!;
    expect(channels[0]!.length).toBe(wanted.length);
    for (const [n, value] of channels[0]!.entries()) expect(Math.abs(value - wanted[n]!)).toBeLessThan(2 / 65_536);
  }
});

test('what a page is given cannot leave its place, and only its own script and style may run', () => {
  const evil = '</script><script>alert(1)</script>"&<';
  const { tokens } = sampleReport();
  const page = reportPage(
    sampleReport({ title: evil, facts: [evil], tokens: [{ ...tokens[0]!, title: evil, about: evil }] }),
    'first();',
  );
  expect(page).not.toContain('<script>alert');
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  const hash = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(`script-src '${hash('first();')}'`);
  expect(policy).toContain(`style-src '${hash(/<style>([\s\S]*?)<\/style>/.exec(page)![1]!)}'`);
  expect(policy).not.toContain('unsafe');
});

test('reports of tokens alone, of nothing, and without sound', () => {
  const { recording: _, ...rest } = sampleReport();
  const withoutRecording: Report = rest;
  for (const report of [
    withoutRecording,
    { ...withoutRecording, tokens: [] },
    sampleReport({ isSilent: true }),
    sampleReport({ recording: { sampleRateHz: 16_000, channels: [new Float32Array(0)] }, tokens: [] }),
  ]) {
    const page = reportPage(report, '');
    const data = JSON.parse(/id="data">([^<]*)</.exec(page)![1]!);
    expect(data.groups).toHaveLength(report.tokens.length);
    expect(data.sounds).toHaveLength(
      report.isSilent === true ? 0 : (report.recording === undefined ? 0 : 1) + (report.tokens.length > 0 ? 1 : 0),
    );
  }
});
