import {
  createPeakPyramid,
  type LaneGroup,
  type PeakPyramid,
  type PeakPyramidBuilder,
  type Spectrogram,
} from '@speech-tokens/token-view';
import {
  type DocumentFacts,
  decodedCodebooks,
  type EditorState,
  initialState,
  isLong,
  ownTokens,
  recordingSound,
  restoredState,
  type SoundChoice,
  type TokensFound,
  toggledTokenizer,
  viewAfterChange,
} from '../document/index.ts';
import type { FileChange, HostMethods, Tokenizers } from '../host/editor-methods.ts';
import type { Decoded } from '../inference/index.ts';
import { createComingTokens } from './coming-tokens.ts';
import { statisticsOf, tokensTable } from './figures.ts';
import type { Host } from './host-port.ts';
import { createLayout } from './layout.ts';
import { decodedStream, recordingStream } from './long-sounds.ts';
import { type Picture, showPicture } from './picture.ts';
import { createSounds, loopOf } from './sounds.ts';
import { createTasks, messageOf } from './tasks.ts';
import { createTiles, type Tiles, tileSource } from './tiles.ts';
import { createTokenizerPicker } from './tokenizer-picker.ts';
import { createToolbar, type ExportFormat } from './toolbar.ts';

/** Tokens of longer recordings are decoded when somebody wants to hear them, and not before. */
const mostEagerSeconds = 120;

export interface Editor {
  /** The process that computes has ended: says so, and offers to go on. */
  inferenceEnded(reason: string): void;
  tokenizersChanged(changed: Tokenizers): void;
  /** Reads the document again; what is in view stays. */
  fileChanged(what: FileChange): void;
}

/** The page of one document. */
export function createEditor(
  { peer, keptState, keepState }: Host,
  { fileName, chosen, ...first }: HostMethods['start']['result'],
): Editor {
  let tokenizers: Tokenizers = first;
  let state: EditorState = restoredState(keptState(), initialState(chosen));
  let facts: DocumentFacts | undefined;
  let peaks: PeakPyramid | undefined;
  let spectrogram: Spectrogram | undefined;
  let warnings: readonly string[] = [];
  let tiles: Tiles | undefined;
  const found = new Map<string, TokensFound>();
  const coming = createComingTokens(() => picture?.view.redraw());
  const decoded = new Map<string, { readonly codebookCount: number; readonly figures: Decoded['figures'] }>();
  let picture: Picture | undefined;

  const tasks = createTasks();
  const sounds = createSounds({
    onTime(seconds, isPlaying) {
      toolbar.showTime(seconds, isPlaying);
      if (picture === undefined) return;
      picture.view.setPlayhead(seconds * picture.content.sampleRateHz, isPlaying);
      if (!isPlaying) change({ view: picture.view.state() });
    },
    onProblem: (error) => layout.showProblem(messageOf(error)),
  });
  const toolbar = createToolbar({
    onPlay: () => void sounds.toggle(),
    onSwap: swap,
    onSound: (sound) => change({ sound }, showSound),
    onCodebooks: (codebookCount) => change({ codebookCount }, () => void decodeAgain()),
    onSpeed: (speed) => change({ speed }, () => sounds.setSpeed(speed)),
    onLoop: (isLooped) => change({ isLooped }, showLoop),
    onScale: (frequencyScale) => change({ frequencyScale }, () => picture?.view.setFrequencyScale(frequencyScale)),
    onExport: (format) => void exportPart(format),
  });
  const picker = createTokenizerPicker((id) => {
    const next = toggledTokenizer(state, id);
    const { view } = state;
    // Lanes move, so what stood in one of them is let go.
    change({ ...next, view: view && { ...view, cursor: undefined, marked: undefined } }, () => {
      forget();
      showAll();
      void fillTokens();
    });
  });
  const layout = createLayout(fileName, { toolbar: toolbar.element, picker: picker.element, tasks: tasks.element });
  layout.onTable(showTable);
  addEventListener('keydown', (event) => {
    if (!(event.target instanceof Element) || event.ctrlKey || event.metaKey || event.altKey) return;
    // Where a key has a meaning of its own, it keeps it: the space bar presses controls, letters choose in lists.
    const isElsewhere = (selector: string): boolean =>
      event.target instanceof Element && !event.target.closest(selector);
    if (event.key === ' ' && isElsewhere('button, select, input, summary, .token-view')) void sounds.toggle();
    else if (event.key.toLowerCase() === 'd' && isElsewhere('select')) swap();
    else return;
    event.preventDefault();
  });
  new MutationObserver(() => picture?.view.redraw()).observe(document.body, { attributeFilter: ['class'] });

  sounds.setSpeed(state.speed);
  sounds.choose(state.sound);
  showAll();
  void open();

  function change(changed: Partial<EditorState>, then?: () => void): void {
    state = { ...state, ...changed };
    keepState(state);
    then?.();
    showToolbar();
  }

  async function open(): Promise<void> {
    await tasks.run('Opening', async ({ signal, onProgress }) => {
      const opened = await peer.request('open', {}, { signal, onProgress });
      if (facts !== undefined) change({ view: viewAfterChange(state.view, facts, opened) });
      facts = opened;
      tiles?.clear();
      tiles =
        opened.kind === 'recording' ? createTiles(opened, tileSource(peer), () => picture?.view.redraw()) : undefined;
      if (opened.kind === 'tokens') change({ sound: ownTokens }, () => sounds.choose(ownTokens));
      if (state.view !== undefined) sounds.seek(state.view.playheadSample / opened.sampleRateHz);
      showAll();
      void fill(opened);
    });
  }

  /** Everything that a document has, one after the other. */
  async function fill(known: DocumentFacts): Promise<void> {
    if (known.kind === 'recording') {
      if (isLong(known)) sounds.set(recordingSound, recordingStream(peer, known));
      await tasks.run('Waveform and spectrogram', async ({ signal, onProgress }) => {
        let growing: PeakPyramidBuilder | undefined;
        const made = await peer.request(
          'pictures',
          {},
          {
            signal,
            onProgress(done) {
              onProgress(done);
              if (done.peaks === undefined) return;
              growing ??= createPeakPyramid(done.peaks.baseSamples);
              growing.pushBlocks(done.peaks.blocks, done.peaks.sampleCount);
              peaks = growing.result();
              showView();
            },
          },
        );
        peaks = made.peaks ?? growing?.result();
        ({ spectrogram, warnings } = made);
        showAll();
      });
      if (!isLong(known)) {
        await tasks.run('Sound', async ({ signal, onProgress }) => {
          sounds.set(recordingSound, await peer.request('sound', {}, { signal, onProgress }));
          showAll();
        });
      }
    }
    await fillTokens();
  }

  async function fillTokens(): Promise<void> {
    for (const id of idsNow()) {
      if (found.has(id)) continue;
      await tasks.run(`Tokens of ${id === ownTokens ? fileName : id}`, async ({ signal, onProgress }) => {
        const tokenizer = id === ownTokens ? null : id;
        const result = await coming.follow(id, signal, showView, (onPart) =>
          peer.request(
            'tokenize',
            { tokenizer },
            {
              signal,
              onProgress(done) {
                onProgress(done);
                if (done.part !== undefined && idsNow().includes(id)) onPart(done.part);
              },
            },
          ),
        );
        if (!idsNow().includes(id)) return;
        const lanes = coming.take(id);
        found.set(id, result.lanes.length > 0 ? result : { ...result, lanes });
        showAll();
        const isShort = facts !== undefined && facts.sampleCount <= mostEagerSeconds * facts.sampleRateHz;
        if (isShort || state.sound === id) void decode(id);
      });
    }
  }

  /** Decodes tokens with as many codebooks as are wanted, unless that has been done. */
  async function decode(id: string): Promise<void> {
    const tokens = found.get(id);
    if (tokens === undefined || tokens.notDecodable !== undefined) return;
    const codebookCount = decodedCodebooks(state, tokens);
    if (decoded.get(id)?.codebookCount === codebookCount) return;
    await tasks.run(`Decoding ${tokens.title}`, async ({ signal, onProgress }) => {
      const tokenizer = id === ownTokens ? null : id;
      if (isLongNow()) {
        const sound = await decodedStream(peer, { tokenizer, codebookCount }, { signal, onProgress });
        if (!found.has(id)) return;
        decoded.set(id, { codebookCount, figures: [] });
        sounds.set(id, sound);
        showAll();
        return;
      }
      const result = await peer.request('decode', { tokenizer, codebookCount }, { signal, onProgress });
      if (!found.has(id)) return;
      decoded.set(id, { codebookCount, figures: result.figures });
      sounds.set(id, result.sound);
      showAll();
    });
  }

  /** With another number of codebooks: what is heard first. */
  async function decodeAgain(): Promise<void> {
    const ids = shown().map(([id]) => id);
    for (const id of ids.filter((one) => one === state.sound)) await decode(id);
    for (const id of ids.filter((one) => decoded.has(one))) await decode(id);
  }

  /** What is not chosen any more is forgotten here; the process keeps its tokens. */
  function forget(): void {
    for (const [id, { title }] of found) {
      if (idsNow().includes(id)) continue;
      tasks.drop(`Tokens of ${id}`);
      tasks.drop(`Decoding ${title}`);
      found.delete(id);
      decoded.delete(id);
      sounds.set(id, undefined);
    }
    for (const id of tokenizers.tokenizers.map((one) => one.id)) {
      if (!idsNow().includes(id)) tasks.drop(`Tokens of ${id}`);
    }
    sounds.choose(state.sound);
  }

  function showAll(): void {
    picker.show(state, tokenizers);
    picker.element.hidden = facts?.kind !== 'recording';
    layout.showFacts(facts?.facts ?? [], warnings);
    layout.showStatistics(shown().map(([id, tokens]) => statisticsOf(tokens, decoded.get(id)?.figures ?? [])));
    showView();
    showToolbar();
    showLoop();
  }

  function showView(): void {
    if (facts === undefined) return;
    const groups: LaneGroup[] = idsNow().flatMap((id) => {
      const tokens = found.get(id) ?? coming.get(id, facts!.sampleRateHz);
      return tokens === undefined ? [] : [{ title: tokens.title, about: tokens.about, lanes: tokens.lanes }];
    });
    const data = { facts, peaks, spectrogram, groups, recording: sounds.get(recordingSound), tiles };
    picture = showPicture(layout.view, picture, data, state, {
      onSeek: (sample) => sounds.seek(sample / facts!.sampleRateHz),
      onPlay: () => void sounds.toggle(),
      onChange(view) {
        change({ view });
        showLoop();
        showTable();
      },
    });
    showTable();
  }

  function showToolbar(): void {
    const decodable = shown().filter(([, { notDecodable }]) => notDecodable === undefined);
    const recorded =
      facts?.kind === 'tokens'
        ? []
        : [{ choice: recordingSound, title: 'recording', isDisabled: !sounds.has(recordingSound) }];
    toolbar.show(state, {
      hasSound: [recordingSound, ...found.keys()].some((choice) => sounds.has(choice)),
      sounds: [
        ...recorded,
        ...decodable.map(([id, { title }]) => ({ choice: id, title: `decoded: ${title}`, isDisabled: false })),
      ],
      codebookCount: Math.max(0, ...shown().map(([, tokens]) => tokens.codebookCount)),
      hasSelection: state.view?.selection !== undefined,
    });
  }

  function showSound(): void {
    sounds.choose(state.sound);
    if (state.sound !== recordingSound) void decode(state.sound);
  }

  function showLoop(): void {
    if (facts === undefined) return;
    sounds.loop(state.isLooped ? loopOf(state.view?.selection, facts.sampleRateHz) : undefined);
  }

  function showTable(): void {
    if (picture === undefined || !layout.isTableOpen()) return;
    const { selection, range } = picture.view.state();
    layout.showTable(tokensTable(picture.content, selection ?? range));
  }

  /** From the recording to what was decoded, and back. */
  function swap(): void {
    const [firstDecoded] = shown().filter(([, { notDecodable }]) => notDecodable === undefined);
    if (facts?.kind !== 'recording' || firstDecoded === undefined) return;
    change({ sound: state.sound === recordingSound ? firstDecoded[0] : recordingSound }, showSound);
  }

  async function exportPart(format: ExportFormat): Promise<void> {
    if (facts === undefined) return;
    const { sampleRateHz, sampleCount } = facts;
    const { startSample, endSample } = state.view?.selection ?? { startSample: 0, endSample: sampleCount };
    const [start, end] = [startSample / sampleRateHz, endSample / sampleRateHz];
    try {
      const saved =
        format === 'wav'
          ? await saveSound(start, end)
          : await peer.request('saveTokens', { tokenizer: idToExport(), format, sampleRateHz, startSample, endSample });
      if (saved !== null) layout.say(`Saved ${saved}.`);
    } catch (error) {
      layout.showProblem(messageOf(error));
    }
  }

  async function saveSound(startSeconds: number, endSeconds: number): Promise<string | null> {
    const { sampleRateHz, channels } = await sounds.read(state.sound, { start: startSeconds, end: endSeconds });
    return peer.request('saveSound', { startSeconds, endSeconds, sampleRateHz, channels });
  }

  /** The tokens with the cursor; else those that are heard; else the first. */
  function idToExport(): string | null {
    const ids = shown().map(([id]) => id);
    const group = picture?.view.state().cursor?.group;
    const id = (group === undefined ? ids.find((one) => one === state.sound) : ids[group]) ?? ids[0];
    return id === undefined || id === ownTokens ? null : id;
  }

  function idsNow(): readonly SoundChoice[] {
    return facts?.kind === 'tokens' ? [ownTokens] : state.tokenizers;
  }

  /** In the order of the lanes. */
  function shown(): readonly (readonly [string, TokensFound])[] {
    return idsNow().flatMap((id) => {
      const tokens = found.get(id);
      return tokens === undefined ? [] : [[id, tokens] as const];
    });
  }

  function isLongNow(): boolean {
    return facts !== undefined && isLong(facts);
  }

  return {
    inferenceEnded(reason) {
      layout.showProblem(`${reason}. The next request starts it again.`, 'Go on', tasks.retry);
    },
    tokenizersChanged(changed) {
      tokenizers = changed;
      showAll();
    },
    fileChanged(what) {
      if (what === 'deleted') {
        layout.showProblem(`${fileName} was deleted. What is shown is what was read before.`);
        return;
      }
      layout.say(`${fileName} has changed on disk and was read again.`);
      tasks.drop('');
      sounds.pause();
      for (const choice of [recordingSound, ...found.keys()]) sounds.set(choice, undefined);
      found.clear();
      decoded.clear();
      coming.clear();
      void open();
    },
  };
}
