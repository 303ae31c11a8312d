import type { PeakPyramid, Spectrogram } from '@speech-tokens/token-view';
import {
  codebooksAfterMute,
  type DocumentFacts,
  differenceOf,
  type EditorState,
  initialState,
  isDifference,
  isLong,
  ownTokens,
  recordingSound,
  restoredState,
  toggledTokenizer,
  tokenizerOf,
  viewAfterChange,
} from '../document/index.ts';
import type { FileChange, HostMethods, Tokenizers } from '../host/editor-methods.ts';
import { t } from '../texts/index.ts';
import { createAbxPanel } from './abx-panel.ts';
import { createExports } from './exports.ts';
import { statisticsOf, tokensTable } from './figures.ts';
import type { Host } from './host-port.ts';
import { laneGroup } from './lane-groups.ts';
import { createLayout } from './layout.ts';
import { recordingStream } from './long-sounds.ts';
import { followPageKeys } from './page-keys.ts';
import { createPageTokens } from './page-tokens.ts';
import { type Picture, showPicture } from './picture.ts';
import { createReport } from './report.ts';
import { requestPictures } from './request-pictures.ts';
import { soundList, titleOf } from './sound-list.ts';
import { createSounds, loopOf } from './sounds.ts';
import { createTasks, messageOf } from './tasks.ts';
import { createTiles, type Tiles, tileSource } from './tiles.ts';
import { isNews } from './tokenizer-news.ts';
import { createTokenizerPicker } from './tokenizer-picker.ts';
import { createToolbar } from './toolbar.ts';

export interface Editor {
  /** The process that computes has ended: says so, and offers to go on. */
  inferenceEnded(reason: string): void;
  tokenizersChanged(changed: Tokenizers): void;
  /** Reads the document again; what is in view stays. */
  fileChanged(what: FileChange): void;
  showStatistics(): void;
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
  let picture: Picture | undefined;

  const tasks = createTasks();
  const report = createReport(peer);
  const sounds = createSounds({
    onTime(seconds, isPlaying) {
      toolbar.showTime(seconds, isPlaying);
      if (isPlaying) report.played();
      if (picture === undefined) return;
      picture.view.setPlayhead(seconds * picture.content.sampleRateHz, isPlaying);
      if (!isPlaying) change({ view: picture.view.state() });
    },
    onProblem: (error) => layout.showProblem(messageOf(error)),
  });
  const tokens = createPageTokens({
    fileName,
    peer,
    tasks,
    sounds,
    facts: () => facts,
    state: () => state,
    onMore: () => picture?.view.redraw(),
    onLanes: showView,
    onChange: showAll,
  });
  const toolbar = createToolbar({
    onPlay: togglePlay,
    onSwap: swap,
    onSound: (sound) => change({ sound }, showSound),
    onCodebooks: setCodebooks,
    onSpeed: (speed) => change({ speed }, () => sounds.setSpeed(speed)),
    onLoop: (isLooped) => change({ isLooped }, showLoop),
    onLevels: (isLevelMatched) => change({ isLevelMatched }, () => sounds.matchLevels(isLevelMatched)),
    onDifference: showDifference,
    onScrubHeard: (isScrubHeard) => change({ isScrubHeard }),
    onScale: (frequencyScale) => change({ frequencyScale }, () => picture?.view.setFrequencyScale(frequencyScale)),
    onExport: (format) => void exports.save(format),
    onCopy: (format) => void exports.copy(format),
  });
  const picker = createTokenizerPicker((id) => {
    const isToFetch = tokenizers.tokenizers.find((one) => one.id === id)?.model?.state === 'to-fetch';
    if (!isToFetch || state.tokenizers.includes(id)) return toggle(id);
    showAll();
    void tokens.fetchModel(id, () => toggle(id));
  });
  const abx = createAbxPanel({
    fileName,
    async prepare(choice) {
      const tokenizer = tokenizerOf(choice);
      if (tokenizer !== undefined) await tokens.decode(tokenizer);
      const sound = sounds.get(choice);
      if (sound === undefined) throw new Error(t('This sound is not there: see what is said about it above.'));
      return sound;
    },
    selection: () => (facts === undefined ? undefined : loopOf(state.view?.selection, facts.sampleRateHz)),
    onPlay() {
      if (sounds.isPlaying) void sounds.toggle();
    },
    newSeed: () => crypto.getRandomValues(new Uint32Array(4)).join(),
  });
  const layout = createLayout(fileName, {
    toolbar: toolbar.element,
    picker: picker.element,
    tasks: tasks.element,
    abx: abx.element,
  });
  const exports = createExports({
    peer,
    sounds,
    tokens,
    layout,
    facts: () => facts,
    state: () => state,
    cursorGroup: () => picture?.view.state().cursor?.group,
  });
  layout.onTable(showTable);
  followPageKeys({ onPlay: togglePlay, onSwap: swap, onDifference: hearDifference, onTokenizer: hearTokenizer });
  new MutationObserver(() => picture?.view.redraw()).observe(document.body, { attributeFilter: ['class'] });

  sounds.setSpeed(state.speed);
  sounds.matchLevels(state.isLevelMatched);
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
    await tasks.run(t('Opening'), async ({ signal, onProgress }) => {
      const opened = await peer.request('open', {}, { signal, onProgress });
      if (facts !== undefined) change({ view: viewAfterChange(state.view, facts, opened) });
      facts = opened;
      tiles?.clear();
      tiles =
        opened.kind === 'recording' ? createTiles(opened, tileSource(peer), () => picture?.view.redraw()) : undefined;
      if (opened.kind === 'tokens') change({ sound: ownTokens }, () => sounds.choose(ownTokens));
      else if (isLong(opened) && isDifference(state.sound)) change({ sound: recordingSound }, showSound);
      if (state.view !== undefined) sounds.seek(state.view.playheadSample / opened.sampleRateHz);
      showAll();
      void fill(opened);
    });
  }

  function toggle(id: string): void {
    const next = toggledTokenizer(state, id);
    const { view } = state;
    // Lanes move, so what stood in one of them is let go.
    change({ ...next, view: view && { ...view, cursor: undefined, marked: undefined } }, () => {
      tokens.keepChosen(tokenizers.tokenizers.map((one) => one.id));
      sounds.choose(state.sound);
      showAll();
      void tokens.make();
    });
  }

  /** Everything that a document has, one after the other. */
  async function fill(known: DocumentFacts): Promise<void> {
    if (known.kind === 'recording') {
      if (isLong(known)) sounds.set(recordingSound, recordingStream(peer, known));
      await tasks.run(t('Waveform and spectrogram'), async ({ signal, onProgress }) => {
        ({ peaks, spectrogram, warnings } = await requestPictures(peer, { signal, onProgress }, (sofar) => {
          peaks = sofar;
          showView();
        }));
        showAll();
      });
      if (!isLong(known)) {
        await tasks.run(t('Sound'), async ({ signal, onProgress }) => {
          sounds.set(recordingSound, await peer.request('sound', {}, { signal, onProgress }));
          showAll();
        });
      }
    }
    await tokens.make();
  }

  function showAll(): void {
    picker.show(state, tokenizers);
    picker.element.hidden = facts?.kind !== 'recording';
    layout.showFacts(facts?.facts ?? [], warnings);
    layout.showStatistics(tokens.shown().map(([id, one]) => statisticsOf(one, tokens.decoded(id)?.figures ?? [])));
    showView();
    showToolbar();
    showLoop();
    report.tokens(tokens.shown().map(([, one]) => one));
  }

  function showView(): void {
    if (facts === undefined) return;
    const groups = tokens.inView().map(([id, one]) => laneGroup(one, state, tokens.decoded(id)?.difference));
    const data = { facts, peaks, spectrogram, groups, recording: sounds.get(recordingSound), tiles };
    picture = showPicture(layout.view, picture, data, state, {
      onSeek: (sample) => sounds.seek(sample / facts!.sampleRateHz),
      onScrub: (sample) => sounds.scrub(sample / facts!.sampleRateHz, state.isScrubHeard),
      onPlay: togglePlay,
      onMute({ group, lane }) {
        const muted = tokens.get(tokens.inView()[group]?.[0] ?? '');
        if (muted !== undefined) setCodebooks(codebooksAfterMute(state, muted, lane));
      },
      onChange(view) {
        change({ view });
        showLoop();
        showTable();
      },
    });
    showTable();
  }

  function showToolbar(): void {
    const recording = facts?.kind === 'recording' ? { isThere: sounds.has(recordingSound) } : undefined;
    const decodable = tokens.decodableIds().map((id) => ({ id, title: titleOf(tokens.get(id)!) }));
    const { whole, differences } = soundList(recording, decodable);
    const hasSelection = state.view?.selection !== undefined;
    toolbar.show(state, {
      hasSound: [recordingSound, ...tokens.ids()].some((choice) => sounds.has(choice)),
      sounds: state.showsDifference && !isLongNow() ? [...whole, ...differences] : whole,
      codebookCount: Math.max(0, ...tokens.shown().map(([, one]) => one.codebookCount)),
      hasSelection,
      hasRecording: recording !== undefined && !isLongNow(),
    });
    abx.show(isLongNow() ? [] : whole.filter(({ isDisabled }) => !isDisabled), hasSelection);
  }

  function showSound(): void {
    sounds.choose(state.sound);
    const tokenizer = tokenizerOf(state.sound);
    if (tokenizer !== undefined) void tokens.decode(tokenizer);
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

  function togglePlay(): void {
    abx.pause();
    void sounds.toggle();
  }

  /** From the recording to what was decoded, and back. */
  function swap(): void {
    const [first] = tokens.decodableIds();
    if (facts?.kind !== 'recording' || first === undefined) return;
    change({ sound: state.sound === recordingSound ? first : recordingSound }, showSound);
  }

  function hearTokenizer(place: number): void {
    const id = tokens.ids()[place];
    if (id !== undefined && tokens.decodableIds().includes(id)) change({ sound: id }, showSound);
  }

  function hearDifference(): void {
    const id = tokenizerOf(state.sound) ?? tokens.decodableIds()[0];
    if (facts?.kind !== 'recording' || isLongNow() || id === undefined || !tokens.decodableIds().includes(id)) return;
    change({ sound: differenceOf(id), showsDifference: true }, () => sounds.choose(state.sound));
    showView();
    void tokens.decodeAgain();
  }

  function showDifference(showsDifference: boolean): void {
    const { sound } = state;
    const isHeard = !showsDifference && isDifference(sound);
    change({ showsDifference, ...(isHeard ? { sound: tokenizerOf(sound)! } : {}) }, () => sounds.choose(state.sound));
    showView();
    void tokens.decodeAgain();
  }

  function setCodebooks(codebookCount: number | undefined): void {
    change({ codebookCount });
    showView();
    void tokens.decodeAgain();
  }

  /** Whether sounds are read by ranges: then they are not measured or compared as a whole. */
  function isLongNow(): boolean {
    return facts !== undefined && isLong(facts);
  }

  return {
    inferenceEnded(reason) {
      tokens.letGoPartial();
      showAll();
      layout.showProblem(t('{0}. The next request starts it again.', reason), t('Go on'), tasks.retry);
    },
    tokenizersChanged(changed) {
      const news = tokens.ids().filter((id) => isNews(id, tokenizers.tokenizers, changed.tokenizers));
      tokenizers = changed;
      for (const id of news) tokens.letGo(id);
      showAll();
      tasks.resume();
      if (news.length > 0 && facts?.kind === 'recording') void tokens.make();
    },
    fileChanged(what) {
      if (what === 'deleted') {
        layout.showProblem(t('{0} was deleted. What is shown is what was read before.', fileName));
        return;
      }
      layout.say(t('{0} has changed on disk and was read again.', fileName));
      tasks.drop('');
      sounds.pause();
      sounds.set(recordingSound, undefined);
      tokens.clear();
      void open();
    },
    showStatistics: layout.revealStatistics,
  };
}
