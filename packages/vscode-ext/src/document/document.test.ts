import type { TokenGrid } from '@speech-tokens/core';
import { createTokenStatistics } from '@speech-tokens/measures';
import { describe, expect, test } from 'vitest';
import {
  decodedCodebooks,
  differenceOf,
  exportName,
  gridToCsv,
  initialState,
  recordingSound,
  restoredState,
  statisticsTable,
  toggledTokenizer,
} from './index.ts';

const grid: TokenGrid = {
  tokenSpace: {
    id: 'test:two',
    sampleRateHz: 8000,
    codebooks: [
      { name: 'coarse', size: 4, hopSamples: 400 },
      { name: 'a "fine", one', size: 4, hopSamples: 200 },
    ],
    prefixDecodable: true,
  },
  startSample: 800,
  sampleCount: 800,
  tracks: [{ ids: Uint32Array.of(1, 1) }, { ids: Uint32Array.of(0, 1, 2, 3) }],
};

describe('the state of an editor', () => {
  const state = initialState(['a', 'b', 'a']);

  test('begins with the tokenizers of the settings, each once, and no more than four', () => {
    expect(state.tokenizers).toEqual(['a', 'b']);
    expect(initialState(['1', '2', '3', '4', '5']).tokenizers).toEqual(['1', '2', '3', '4']);
  });

  test('what was kept comes back over JSON', () => {
    const view = {
      range: { startSample: 1, endSample: 2 },
      playheadSample: 1,
      selection: undefined,
      cursor: undefined,
      marked: undefined,
    };
    const kept = {
      ...state,
      codebookCount: 3,
      speed: 0.5,
      isLooped: false,
      isLevelMatched: true,
      showsDifference: true,
      isScrubHeard: false,
      frequencyScale: 'log',
      sound: 'a',
      view,
    } as const;
    expect(restoredState(JSON.parse(JSON.stringify(kept)), state)).toEqual(kept);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'state'],
    [
      'odd fields',
      {
        tokenizers: [1],
        codebookCount: 0,
        speed: 3,
        isLooped: 1,
        showsDifference: 'yes',
        frequencyScale: 'x',
        sound: 1,
        view: 1,
      },
    ],
    ['an odd view', { view: { range: { startSample: 2, endSample: 1 }, playheadSample: 0 } }],
    ['a view without numbers', { view: { range: { startSample: 0, endSample: null }, playheadSample: 0 } }],
  ])('%s gives the state of a first look', (_, kept) => {
    expect(restoredState(kept, state)).toEqual(state);
  });

  test('tokenizers come and go; one stays, and no fifth comes', () => {
    expect(toggledTokenizer(state, 'c').tokenizers).toEqual(['a', 'b', 'c']);
    expect(toggledTokenizer(state, 'a').tokenizers).toEqual(['b']);
    const one = initialState(['a']);
    expect(toggledTokenizer(one, 'a')).toBe(one);
    const four = initialState(['1', '2', '3', '4']);
    expect(toggledTokenizer(four, '5')).toBe(four);
  });

  test('a sound goes with its tokenizer', () => {
    expect(toggledTokenizer({ ...state, sound: 'a' }, 'a').sound).toBe(recordingSound);
    expect(toggledTokenizer({ ...state, sound: 'b' }, 'a').sound).toBe('b');
    expect(toggledTokenizer({ ...state, sound: differenceOf('a') }, 'a').sound).toBe(recordingSound);
  });

  test('a part of the codebooks is decoded where a part can be', () => {
    const tokens = { codebookCount: 8, prefixDecodable: true };
    expect(decodedCodebooks({ codebookCount: undefined }, tokens)).toBe(8);
    expect(decodedCodebooks({ codebookCount: 3 }, tokens)).toBe(3);
    expect(decodedCodebooks({ codebookCount: 12 }, tokens)).toBe(8);
    expect(decodedCodebooks({ codebookCount: 3 }, { ...tokens, prefixDecodable: false })).toBe(8);
  });
});

describe('exports', () => {
  test('comma-separated values have times from the start of the recording, and quoted names', () => {
    expect(gridToCsv(grid).split('\r\n')).toEqual([
      'codebook,start_seconds,end_seconds,id',
      'coarse,0.1,0.15,1',
      'coarse,0.15,0.2,1',
      '"a ""fine"", one",0.1,0.125,0',
      '"a ""fine"", one",0.125,0.15,1',
      '"a ""fine"", one",0.15,0.175,2',
      '"a ""fine"", one",0.175,0.2,3',
      '',
    ]);
  });

  test('names say of what and when', () => {
    const range = { startSeconds: 1.5, endSeconds: 2 };
    expect(exportName('speech.wav', range, 'csv')).toBe('speech.1500-2000ms.csv');
    expect(exportName('speech.tokens.safetensors', range, 'wav')).toBe('speech.1500-2000ms.wav');
    expect(exportName('.wav', range, 'wav')).toBe('.wav.1500-2000ms.wav');
  });
});

test('statistics have a row for each codebook, as wide as the heads', () => {
  const meter = createTokenStatistics(grid.tokenSpace);
  meter.push(grid);
  const { heads, rows } = statisticsTable(meter.result());
  expect(rows).toHaveLength(2);
  for (const row of rows) expect(row).toHaveLength(heads.length);
  expect(rows[0]!.slice(0, 6)).toEqual(['coarse', '2', '20.0', '1 of 4', '3', '0.00']);
  expect(rows[0]!.slice(-2)).toEqual(['2 × id 1', '1 (2 times)']);
});
