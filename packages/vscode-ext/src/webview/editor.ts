import type { PeakPyramid, Spectrogram } from '@speech-tokens/token-view';
import {
  codebooksAfterMute,
  type DocumentFacts,
  decodedCodebooks,
  differenceOf,
  type EditorState,
  initialState,
  isDifference,
  isLong,
  ownTokens,
  recordingSound,
  restoredState,
  type SoundChoice,
  type TokensFound,
  toggledTokenizer,
  tokenizerOf,
  viewAfterChange,
} from '../document/index.ts';
import type { FileChange, HostMethods, Tokenizers } from '../host/editor-methods.ts';
import type { Decoded } from '../inference/index.ts';
import { isRequestError } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import { createAbxPanel } from './abx-panel.ts';
import { createComingTokens, type TokensSoFar } from './coming-tokens.ts';
import { statisticsOf, tokensTable } from './figures.ts';
import type { Host } from './host-port.ts';
import { laneGroup } from './lane-groups.ts';
import { createLayout } from './layout.ts';
import { decodedStream, recordingStream } from './long-sounds.ts';
import { followPageKeys } from './page-keys.ts';
import { type Picture, showPicture } from './picture.ts';
import { createReport } from './report.ts';
import { requestPictures } from './request-pictures.ts';
import { soundList } from './sound-list.ts';
import { createSounds, loopOf } from './sounds.ts';
import { createTasks, messageOf, type TaskContext } from './tasks.ts';
import { createTiles, type Tiles, tileSource } from './tiles.ts';
import { isNews } from './tokenizer-news.ts';
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
  const found = new Map<string, TokensFound>();
  const coming = createComingTokens(() => picture?.view.redraw());
  const decoded = new Map<string, Omit<Decoded, 'sound'> & { readonly codebookCount: number }>();
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
    onExport: (format) => void exportPart(format),
  });
  const picker = createTokenizerPicker((id) => {
    const isToFetch = tokenizers.tokenizers.find((one) => one.id === id)?.model?.state === 'to-fetch';
    if (!isToFetch || state.tokenizers.includes(id)) return toggle(id);
    showAll();
    void fetchModel(id, () => toggle(id));
  });
  const abx = createAbxPanel({
    fileName,
    async prepare(choice) {
      const tokenizer = tokenizerOf(choice);
      if (tokenizer !== undefined) await decode(tokenizer);
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
      forget();
      showAll();
      void fillTokens();
    });
  }

  /** Brings a model here, if the user agrees, and goes on. */
  async function fetchModel(id: string, then: () => void): Promise<void> {
    await tasks.run(t('Model of {0}', id), async ({ signal, onBytes }) => {
      if (await peer.request('fetchModel', { tokenizer: id }, { signal, onProgress: onBytes })) then();
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
    await fillTokens();
  }

  async function fillTokens(): Promise<void> {
    for (const id of idsNow()) {
      if (found.has(id)) continue;
      const work = async ({ signal, onProgress }: TaskContext): Promise<void> => {
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
        if (isShort || tokenizerOf(state.sound) === id) void decode(id);
      };
      const name = t('Tokens of {0}', id === ownTokens ? fileName : id);
      await tasks.run(name, work, (error) => {
        if (!isRequestError(error, 'model-offline')) return undefined;
        return { label: t('Download its model …'), act: () => void fetchModel(id, () => void tasks.run(name, work)) };
      });
    }
  }

  /** Decodes tokens with as many codebooks as are wanted, unless that has been done. */
  async function decode(id: string): Promise<void> {
    const tokens = found.get(id);
    if (tokens === undefined || tokens.notDecodable !== undefined) return;
    const codebookCount = decodedCodebooks(state, tokens);
    const withDifference = state.showsDifference && facts?.kind === 'recording' && !isLongNow();
    const before = decoded.get(id);
    const isThere = before?.codebookCount === codebookCount && (before.difference !== undefined || !withDifference);
    if (isThere) return;
    await tasks.run(t('Decoding {0}', tokens.title), async ({ signal, onProgress }) => {
      const tokenizer = id === ownTokens ? null : id;
      if (isLongNow()) {
        const sound = await decodedStream(peer, { tokenizer, codebookCount }, { signal, onProgress });
        if (!found.has(id)) return;
        decoded.set(id, { codebookCount, figures: [] });
        sounds.set(id, sound);
        showAll();
        return;
      }
      const wanted = { tokenizer, codebookCount, withDifference };
      const { sound, ...result } = await peer.request('decode', wanted, { signal, onProgress });
      if (!found.has(id)) return;
      decoded.set(id, { ...result, codebookCount });
      sounds.set(id, sound);
      sounds.set(differenceOf(id), result.difference?.sound);
      showAll();
    });
  }

  /** With other codebooks, or with the difference: what is heard first. */
  async function decodeAgain(): Promise<void> {
    const ids = shown().map(([id]) => id);
    for (const id of ids.filter((one) => one === tokenizerOf(state.sound))) await decode(id);
    for (const id of ids.filter((one) => decoded.has(one))) await decode(id);
  }

  /** What is not chosen any more is forgotten here; the process keeps its tokens. */
  function forget(): void {
    for (const id of [...found.keys()]) if (!idsNow().includes(id)) letGo(id);
    for (const id of tokenizers.tokenizers.map((one) => one.id)) {
      if (!idsNow().includes(id)) tasks.drop(t('Tokens of {0}', id));
    }
    sounds.choose(state.sound);
  }

  function letGo(id: string): void {
    tasks.drop(t('Tokens of {0}', id));
    tasks.drop(t('Decoding {0}', found.get(id)?.title ?? id));
    found.delete(id);
    decoded.delete(id);
    sounds.set(id, undefined);
    sounds.set(differenceOf(id), undefined);
  }

  function showAll(): void {
    picker.show(state, tokenizers);
    picker.element.hidden = facts?.kind !== 'recording';
    layout.showFacts(facts?.facts ?? [], warnings);
    layout.showStatistics(shown().map(([id, tokens]) => statisticsOf(tokens, decoded.get(id)?.figures ?? [])));
    showView();
    showToolbar();
    showLoop();
    report.tokens(shown().map(([, tokens]) => tokens));
  }

  function showView(): void {
    if (facts === undefined) return;
    const groups = inView().map(([id, tokens]) => laneGroup(tokens, state, decoded.get(id)?.difference));
    const data = { facts, peaks, spectrogram, groups, recording: sounds.get(recordingSound), tiles };
    picture = showPicture(layout.view, picture, data, state, {
      onSeek: (sample) => sounds.seek(sample / facts!.sampleRateHz),
      onScrub: (sample) => sounds.scrub(sample / facts!.sampleRateHz, state.isScrubHeard),
      onPlay: togglePlay,
      onMute({ group, lane }) {
        const tokens = found.get(inView()[group]?.[0] ?? '');
        if (tokens !== undefined) setCodebooks(codebooksAfterMute(state, tokens, lane));
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
    const decodable = decodableIds().map((id) => ({ id, title: found.get(id)!.title }));
    const { whole, differences } = soundList(recording, decodable);
    const hasSelection = state.view?.selection !== undefined;
    toolbar.show(state, {
      hasSound: [recordingSound, ...found.keys()].some((choice) => sounds.has(choice)),
      sounds: state.showsDifference && !isLongNow() ? [...whole, ...differences] : whole,
      codebookCount: Math.max(0, ...shown().map(([, tokens]) => tokens.codebookCount)),
      hasSelection,
      hasRecording: recording !== undefined && !isLongNow(),
    });
    abx.show(isLongNow() ? [] : whole.filter(({ isDisabled }) => !isDisabled), hasSelection);
  }

  function showSound(): void {
    sounds.choose(state.sound);
    const tokenizer = tokenizerOf(state.sound);
    if (tokenizer !== undefined) void decode(tokenizer);
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
    const [first] = decodableIds();
    if (facts?.kind !== 'recording' || first === undefined) return;
    change({ sound: state.sound === recordingSound ? first : recordingSound }, showSound);
  }

  function hearTokenizer(place: number): void {
    const id = idsNow()[place];
    if (id !== undefined && decodableIds().includes(id)) change({ sound: id }, showSound);
  }

  function hearDifference(): void {
    const id = tokenizerOf(state.sound) ?? decodableIds()[0];
    if (facts?.kind !== 'recording' || isLongNow() || id === undefined || !decodableIds().includes(id)) return;
    change({ sound: differenceOf(id), showsDifference: true }, () => sounds.choose(state.sound));
    showView();
    void decodeAgain();
  }

  function showDifference(showsDifference: boolean): void {
    const { sound } = state;
    const isHeard = !showsDifference && isDifference(sound);
    change({ showsDifference, ...(isHeard ? { sound: tokenizerOf(sound)! } : {}) }, () => sounds.choose(state.sound));
    showView();
    void decodeAgain();
  }

  function setCodebooks(codebookCount: number | undefined): void {
    change({ codebookCount });
    showView();
    void decodeAgain();
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
      if (saved !== null) layout.say(t('Saved {0}.', saved));
    } catch (error) {
      layout.showProblem(messageOf(error));
    }
  }

  async function saveSound(startSeconds: number, endSeconds: number): Promise<string | null> {
    const { sampleRateHz, channels } = await sounds.read(state.sound, { start: startSeconds, end: endSeconds });
    return peer.request('saveSound', { startSeconds, endSeconds, sampleRateHz, channels });
  }

  /** The tokens with the cursor; else those that are heard; else the first. @throws Error where only some of them are there */
  function idToExport(): string | null {
    const ids = shown().map(([id]) => id);
    const group = picture?.view.state().cursor?.group;
    const ofCursor = group === undefined ? undefined : inView()[group]?.[0];
    if (ofCursor !== undefined && !found.has(ofCursor)) throw new Error(t('Not all of these tokens are there.'));
    const id = ofCursor ?? ids.find((one) => one === tokenizerOf(state.sound)) ?? ids[0];
    return id === undefined || id === ownTokens ? null : id;
  }

  function idsNow(): readonly SoundChoice[] {
    return facts?.kind === 'tokens' ? [ownTokens] : state.tokenizers;
  }

  /** With those of which only the first are there, in the order of the lanes. */
  function inView(): readonly (readonly [string, TokensFound | TokensSoFar])[] {
    return idsNow().flatMap((id) => {
      const tokens = found.get(id) ?? (facts && coming.get(id, facts.sampleRateHz));
      return tokens === undefined ? [] : [[id, tokens] as const];
    });
  }

  /** Those that are all there, in the order of the lanes. */
  function shown(): readonly (readonly [string, TokensFound])[] {
    return idsNow().flatMap((id) => {
      const tokens = found.get(id);
      return tokens === undefined ? [] : [[id, tokens] as const];
    });
  }

  /** Of the tokens that can be heard, in the order of the lanes. */
  function decodableIds(): readonly string[] {
    return shown()
      .filter(([, { notDecodable }]) => notDecodable === undefined)
      .map(([id]) => id);
  }

  /** Whether sounds are read by ranges: then they are not measured or compared as a whole. */
  function isLongNow(): boolean {
    return facts !== undefined && isLong(facts);
  }

  return {
    inferenceEnded(reason) {
      layout.showProblem(t('{0}. The next request starts it again.', reason), t('Go on'), tasks.retry);
    },
    tokenizersChanged(changed) {
      const news = idsNow().filter((id) => isNews(id, tokenizers.tokenizers, changed.tokenizers));
      tokenizers = changed;
      for (const id of news) letGo(id);
      showAll();
      tasks.resume();
      if (news.length > 0 && facts?.kind === 'recording') void fillTokens();
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
      for (const id of [...found.keys()]) letGo(id);
      coming.clear();
      void open();
    },
    showStatistics: layout.revealStatistics,
  };
}
