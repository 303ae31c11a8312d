import { createHash } from 'node:crypto';
import type { AudioClip, TokenGrid } from '@speech-tokens/core';
import { createTokenStatistics, type TokenStatistics } from '@speech-tokens/measures';
import { lanesOf } from '../lanes/lane.ts';
import type { Sound } from '../player/sound.ts';
import { frequencyScales } from '../spectrogram/frequency-scale.ts';
import { createSpectrogram } from '../spectrogram/spectrogram.ts';
import { keyHelp } from '../view/key-help.ts';
import { tokenViewCss } from '../view/style.ts';
import type { ViewContent } from '../view/view-content.ts';
import { createPeakPyramid } from '../waveform/peak-pyramid.ts';
import { histogramsHtml } from './histogram-html.ts';
import { escapeHtml, table } from './html.ts';
import { pageCss } from './page-css.ts';
import { packPage } from './page-data.ts';

/** Tokens of one tokenizer, and what they sound like. */
export interface ReportTokens {
  /** For example the id of the tokenizer. */
  readonly title: string;
  /** For example its rate and bitrate. */
  readonly about?: string;
  readonly grid: TokenGrid;
  /** Absent where no detokenizer was at hand. */
  readonly decoded?: AudioClip;
  /** Further figures, for example how far the decoded sound is from the recording. */
  readonly figures?: readonly (readonly [name: string, value: string])[];
}

export interface Report {
  readonly title: string;
  /** What is known of the recording. */
  readonly facts: readonly string[];
  /** Absent where there are only tokens. */
  readonly recording?: AudioClip;
  readonly tokens: readonly ReportTokens[];
  /** Whether the sound is left out, for example because there is too much of it. False by default. */
  readonly isSilent?: boolean;
}

/**
 * A page with pictures and sound that opens from disk: one file, which loads nothing and sends nothing.
 * @param script see `readPageScript`
 */
export function reportPage(report: Report, script: string): string {
  const content = contentOf(report);
  const data = JSON.stringify(packPage(content, soundsOf(report))).replaceAll('<', '\\u003c');
  const style = `${tokenViewCss}${pageCss}`;
  const policy = `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(report.title)} · speech tokens</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(report.title)}</h1>
<p>${report.facts.map(escapeHtml).join(' · ')}</p>
</header>
<main>
${controls(soundsOf(report))}
<div id="view"></div>
<details id="table"><summary>Tokens in view as a table</summary>
<p id="rows-note"></p>
<table><thead><tr><th scope="col">tokenizer</th><th scope="col">codebook</th><th scope="col">token</th><th scope="col">starts at, ms</th><th scope="col">id</th></tr></thead><tbody id="rows"></tbody></table>
</details>
<details><summary>Keys</summary>
${table(['key', 'does'], keyHelp)}
<p>Wheel with Ctrl or a pinch zooms, with Shift it moves; a drag selects, a drag along the times or a movement with Shift takes the playhead along, a click on a token marks all its uses, a double click zooms in.</p>
</details>
<h2>Figures</h2>
${report.tokens.map(figuresOf).join('\n')}
</main>
<script type="application/json" id="data">${data}</script>
<script>${script}</script>
</body>
</html>
`;
}

function contentOf({ recording, tokens }: Report): ViewContent {
  const sampleRateHz = recording?.sampleRateHz ?? tokens[0]?.grid.tokenSpace.sampleRateHz ?? 16_000;
  const groups = tokens.map(({ title, about, grid }) => ({
    title,
    ...(about === undefined ? {} : { about }),
    lanes: lanesOf(grid, sampleRateHz),
  }));
  const ends = tokens.map(
    ({ grid }) => ((grid.startSample + grid.sampleCount) / grid.tokenSpace.sampleRateHz) * sampleRateHz,
  );
  if (recording === undefined) return { sampleRateHz, sampleCount: Math.ceil(Math.max(0, ...ends)), groups };
  const sampleCount = recording.channels[0]?.length ?? 0;
  const isShort = sampleCount <= 300 * sampleRateHz;
  const peaks = createPeakPyramid(isShort ? 16 : 64);
  const spectrogram = createSpectrogram({ sampleRateHz, sampleCount });
  peaks.push(recording.channels);
  spectrogram.push(recording.channels);
  return { sampleRateHz, sampleCount, peaks: peaks.result(), spectrogram: spectrogram.result(), groups };
}

function soundsOf({ recording, tokens, isSilent }: Report): readonly Sound[] {
  if (isSilent === true) return [];
  const decoded = tokens.flatMap(({ title, decoded }) => (decoded === undefined ? [] : [{ title, ...decoded }]));
  return recording === undefined ? decoded : [{ title: 'recording', ...recording }, ...decoded];
}

function controls(sounds: readonly Sound[]): string {
  const options = (values: readonly (readonly [string, string])[], chosen: string): string =>
    values
      .map(
        ([value, text]) =>
          `<option value="${value}"${value === chosen ? ' selected' : ''}>${escapeHtml(text)}</option>`,
      )
      .join('');
  const off = sounds.length === 0 ? ' disabled' : '';
  const speeds = ['0.5', '0.75', '1', '1.5', '2'].map((speed) => [speed, `${speed}×`] as const);
  return `<div class="controls" role="toolbar" aria-label="Sound and view">
<button id="play" type="button"${off}>Play</button>
<output id="clock">0.00 s</output>
<label>Sound <select id="sound"${off}>${options(
    sounds.map(({ title }, i) => [String(i), title] as const),
    '0',
  )}</select></label>
<label>Speed <select id="speed"${off}>${options(speeds, '1')}</select></label>
<label><input id="loop" type="checkbox" checked${off}> Loop the selection</label>
<label>Frequencies <select id="scale">${options(
    frequencyScales.map((scale) => [scale, scale] as const),
    'mel',
  )}</select></label>
<button id="copy" type="button" disabled>Copy ids of the selection</button> <span id="copied" role="status"></span>
</div>`;
}

function figuresOf({ title, grid, figures = [] }: ReportTokens): string {
  const meter = createTokenStatistics(grid.tokenSpace);
  meter.push(grid);
  const statistics: TokenStatistics = meter.result();
  const rows = statistics.codebooks.map((codebook) => [
    codebook.name,
    String(codebook.tokenCount),
    codebook.tokenRateHz === undefined ? '' : codebook.tokenRateHz.toFixed(1),
    `${codebook.usedCodeCount} of ${codebook.size}`,
    codebook.entropyBits.toFixed(2),
    codebook.entropyOfAllCodes.toFixed(2),
    codebook.entropyOfUsedCodes.toFixed(2),
    codebook.runs === undefined ? '' : `${codebook.runs.longestFrames} × id ${codebook.runs.longestId}`,
  ]);
  const heads = [
    'codebook',
    'tokens',
    'tokens/s',
    'codes used',
    'entropy, bits',
    'of all codes',
    'of used codes',
    'longest run',
  ];
  const rates =
    statistics.nominalBitrateBps === undefined
      ? []
      : [['bitrate', `${(statistics.nominalBitrateBps / 1000).toFixed(2)} kbps`] as const];
  const further = [...rates, ...figures];
  return `<section><h3>${escapeHtml(title)}</h3>
${table(heads, rows)}
${histogramsHtml(statistics.codebooks)}
${further.length === 0 ? '' : table(['measure', 'value'], further)}</section>`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
