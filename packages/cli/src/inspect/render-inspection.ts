import { drawPicture } from '../picture/draw-picture.ts';
import { statisticsTable } from '../picture/statistics-table.ts';
import type { TimeWindow } from '../picture/time-window.ts';
import { spaceShapeText } from '../plugins/list-tokenizers.ts';
import type { Capabilities } from '../terminal/capabilities.ts';
import type { Painter } from '../terminal/colour.ts';
import { formatBitrate, formatClock, formatDuration, formatSpeed } from '../terminal/figures.ts';
import { printable, textWidth } from '../terminal/text-width.ts';
import { audioFacts } from './audio-facts.ts';
import type { Inspected, InspectedTokens } from './inspected.ts';

/** The whole output of `inspect` for people: heading, picture, a table of figures for each tokenizer. */
export function renderInspection(
  inspected: Inspected,
  window: TimeWindow,
  capabilities: Capabilities,
  painter: Painter,
): readonly string[] {
  const { label, audio, groups, durationSeconds } = inspected;
  const facts = audio === undefined ? tokenFacts(inspected) : audioFacts(audio.file, durationSeconds);
  const name = printable(label);
  const room = capabilities.width - textWidth(name) - 2;
  const lines = [`${painter.bold(name)}  ${painter.dim(fitFacts(facts, room))}`, ''];
  const isPart = window.startSeconds > 0 || window.endSeconds < durationSeconds;
  if (durationSeconds > 0) {
    const laneGroups = groups.map((group) => ({ heading: headingOf(group, painter), lanes: group.lanes }));
    const sound = audio === undefined ? {} : { sound: audio.outline };
    lines.push(...drawPicture({ ...sound, groups: laneGroups, window }, capabilities, painter));
  }
  for (const group of groups) {
    lines.push('');
    const about = [groups.length > 1 ? nameOf(group) : '', isPart ? 'figures of the whole recording' : ''];
    const title = about.filter(Boolean).join(': ');
    if (title !== '') lines.push(painter.dim(title));
    lines.push(...statisticsTable(group.statistics, capabilities, painter));
  }
  return lines;
}

/** As many of the facts as one line has room for, at least one. */
function fitFacts(facts: readonly string[], room: number): string {
  let count = facts.length;
  while (count > 1 && textWidth(facts.slice(0, count).join(' · ')) > room) count--;
  return facts.slice(0, count).join(' · ');
}

function tokenFacts({ tokens, durationSeconds }: Inspected): readonly string[] {
  if (tokens === undefined) return [];
  const { source, startSample, tokenSpace } = tokens;
  return [
    startSample === 0
      ? formatDuration(durationSeconds)
      : `${formatClock(startSample / tokenSpace.sampleRateHz)} to ${formatClock(durationSeconds)}`,
    'tokens',
    ...(source.name === undefined ? [] : [`of ${printable(source.name)}`]),
    ...(source.sha256 === undefined ? [] : [`SHA-256 ${printable(source.sha256.slice(0, 12))}…`]),
  ];
}

function nameOf({ tokenizerId, tokenSpace }: InspectedTokens): string {
  return printable(tokenizerId ?? tokenSpace.id);
}

function headingOf(group: InspectedTokens, painter: Painter): string {
  const { tokenSpace, codebookCount, statistics, timesRealTime } = group;
  const facts = [
    spaceShapeText(tokenSpace, codebookCount),
    formatBitrate(statistics.nominalBitrateBps ?? statistics.entropyCodedBitrateBps),
    ...(timesRealTime === undefined ? [] : [`${formatSpeed(timesRealTime)} real time`]),
  ];
  return `${painter.bold(painter.accent(nameOf(group)))}  ${painter.dim(facts.join(' · '))}`;
}
