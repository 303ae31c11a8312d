import { tokenStart, tokensIn } from '../lanes/lane.ts';
import { createPlayer, type Player } from '../player/player.ts';
import type { FrequencyScale } from '../spectrogram/frequency-scale.ts';
import type { TimeRange } from '../time/time-range.ts';
import { createTokenView, type TokenView } from '../view/token-view.ts';
import type { ViewContent } from '../view/view-content.ts';
import { type PageData, unpackPage } from './page-data.ts';

// The script of a report page. What it finds in the page is written by report-page.ts.

/** Rows of the table of tokens. */
const mostRows = 500;

const find = <Found extends HTMLElement>(id: string): Found => document.getElementById(id) as Found;

const { content, sounds } = unpackPage(JSON.parse(find('data').textContent) as PageData);
let player: Player | undefined;
const view: TokenView = createTokenView(find('view'), content, {
  onSeek: (sample) => player?.seek(sample / content.sampleRateHz),
  onPlay: () => void togglePlay(),
  onChange({ selection, range }) {
    player?.loop(loopOf(selection));
    find<HTMLButtonElement>('copy').disabled = selection === undefined;
    if (find<HTMLDetailsElement>('table').open) fillTable(selection ?? range);
  },
});

function loopOf(selection: TimeRange | undefined): { readonly start: number; readonly end: number } | undefined {
  if (selection === undefined || !find<HTMLInputElement>('loop').checked) return undefined;
  const [start, end] = [selection.startSample / content.sampleRateHz, selection.endSample / content.sampleRateHz];
  return end - start < 0.01 ? undefined : { start, end };
}

/** Sound may start only when somebody asks for it, so the player is made then. */
async function togglePlay(): Promise<void> {
  if (sounds.length === 0) return;
  if (player === undefined) {
    player = createPlayer(sounds, {
      onTime(seconds, isPlaying) {
        view.setPlayhead(seconds * content.sampleRateHz, isPlaying);
        find('play').textContent = isPlaying ? 'Pause' : 'Play';
        find('clock').textContent = `${seconds.toFixed(2)} s`;
      },
    });
    player.choose(Number(find<HTMLSelectElement>('sound').value));
    player.setSpeed(Number(find<HTMLSelectElement>('speed').value));
    player.loop(loopOf(view.state().selection));
    player.seek(view.state().playheadSample / content.sampleRateHz);
  }
  if (player.isPlaying) player.pause();
  else await player.play();
}

find('play').addEventListener('click', () => void togglePlay());
find('sound').addEventListener('change', () => player?.choose(Number(find<HTMLSelectElement>('sound').value)));
find('speed').addEventListener('change', () => player?.setSpeed(Number(find<HTMLSelectElement>('speed').value)));
find('loop').addEventListener('change', () => player?.loop(loopOf(view.state().selection)));
find('scale').addEventListener('change', () =>
  view.setFrequencyScale(find<HTMLSelectElement>('scale').value as FrequencyScale),
);
find('copy').addEventListener('click', async () => {
  const { selection } = view.state();
  if (selection === undefined) return;
  await navigator.clipboard.writeText(JSON.stringify(idsIn(content, selection)));
  find('copied').textContent = 'Copied.';
});
find('table').addEventListener('toggle', () => {
  if (find<HTMLDetailsElement>('table').open) fillTable(view.state().selection ?? view.state().range);
});
addEventListener('keydown', (event) => {
  // Beside the view, the space bar plays too, but not where it presses a control.
  const isControl =
    event.target instanceof Element && event.target.closest('button, select, input, summary, .token-view');
  if (event.key !== ' ' || isControl) return;
  event.preventDefault();
  void togglePlay();
});
for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
  matchMedia(query).addEventListener('change', () => view.redraw());
}

/** The ids of all lanes in a stretch of time. */
function idsIn({ groups, sampleRateHz }: ViewContent, { startSample, endSample }: TimeRange) {
  return {
    startSeconds: startSample / sampleRateHz,
    endSeconds: endSample / sampleRateHz,
    tokenizers: groups.map(({ title, lanes }) => ({
      title,
      codebooks: lanes.map((lane) => {
        const [first, end] = tokensIn(lane, startSample, endSample);
        return { name: lane.name, firstToken: first, ids: [...lane.ids.subarray(first, end)] };
      }),
    })),
  };
}

/** Tokens of a stretch as a table: what the picture shows, for who cannot see it. */
function fillTable({ startSample, endSample }: TimeRange): void {
  const rows: string[][] = [];
  let count = 0;
  for (const { title, lanes } of content.groups) {
    for (const lane of lanes) {
      const [first, end] = tokensIn(lane, startSample, endSample);
      count += end - first;
      for (let i = first; i < end && rows.length < mostRows; i++) {
        const milliseconds = (1000 * tokenStart(lane, i)) / content.sampleRateHz;
        rows.push([title, lane.name, String(i), milliseconds.toFixed(0), String(lane.ids[i])]);
      }
    }
  }
  const body = find('rows');
  body.replaceChildren(
    ...rows.map((cells) => {
      const row = document.createElement('tr');
      row.append(...cells.map((text) => Object.assign(document.createElement('td'), { textContent: text })));
      return row;
    }),
  );
  find('rows-note').textContent =
    count > rows.length
      ? `The first ${rows.length} of ${count} tokens in view. Zoom in or select less to see others.`
      : `${count} tokens.`;
}
