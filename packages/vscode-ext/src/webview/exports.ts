import { type DocumentFacts, type EditorState, ownTokens, type TokensFormat, tokenizerOf } from '../document/index.ts';
import { t } from '../texts/index.ts';
import type { Host } from './host-port.ts';
import type { Layout } from './layout.ts';
import type { PageTokens } from './page-tokens.ts';
import type { Sounds } from './sounds.ts';
import { messageOf } from './tasks.ts';

export type ExportFormat = TokensFormat | 'wav';

export interface ExportsOptions {
  readonly peer: Host['peer'];
  readonly sounds: Sounds;
  readonly tokens: PageTokens;
  readonly layout: Layout;
  facts(): DocumentFacts | undefined;
  state(): EditorState;
  /** Of the view, where there is a cursor: in which of its groups of lanes. */
  cursorGroup(): number | undefined;
}

/** Takes the selection, or everything, out of a page. It says what it has done, or why it could not. */
export interface Exports {
  save(format: ExportFormat): Promise<void>;
  /** Puts tokens where they can be pasted. */
  copy(format: 'json' | 'csv'): Promise<void>;
}

interface Stretch {
  readonly sampleRateHz: number;
  readonly startSample: number;
  readonly endSample: number;
}

export function createExports({ peer, sounds, tokens, layout, facts, state, cursorGroup }: ExportsOptions): Exports {
  /** The tokens with the cursor; else those that are heard; else the first. @throws Error where they are on their way */
  const chosenTokens = (): string | undefined => {
    const ids = tokens.shown().map(([id]) => id);
    const group = cursorGroup();
    const ofCursor = group === undefined ? undefined : tokens.inView()[group]?.[0];
    if (ofCursor !== undefined && !ids.includes(ofCursor)) throw new Error(t('Not all of these tokens are there.'));
    return ofCursor ?? ids.find((one) => one === tokenizerOf(state().sound)) ?? ids[0];
  };
  /** Of a run that was cancelled there are only the first tokens, and their sound. */
  const stretchOf = (known: DocumentFacts, id: string | undefined): Stretch & { readonly isCut: boolean } => {
    const { sampleRateHz, sampleCount } = known;
    const { startSample, endSample: wanted } = state().view?.selection ?? { startSample: 0, endSample: sampleCount };
    const endSample = Math.min(wanted, tokens.get(id ?? '')?.endSample ?? wanted);
    if (endSample <= startSample) throw new Error(t('Not all of these tokens are there.'));
    return { sampleRateHz, startSample, endSample, isCut: endSample < wanted };
  };
  const tokensOf = (known: DocumentFacts) => {
    const id = chosenTokens();
    const { isCut, sampleRateHz, ...stretch } = stretchOf(known, id);
    return { isCut, sampleRateHz, wanted: { ...stretch, tokenizer: id === undefined || id === ownTokens ? null : id } };
  };
  const saveTokens = async (known: DocumentFacts, format: TokensFormat) => {
    const { isCut, sampleRateHz, wanted } = tokensOf(known);
    return { isCut, name: await peer.request('saveTokens', { ...wanted, sampleRateHz, format }) };
  };
  const saveSound = async (known: DocumentFacts) => {
    const { sound } = state();
    const { isCut, startSample, endSample, sampleRateHz } = stretchOf(known, tokenizerOf(sound));
    const [startSeconds, endSeconds] = [startSample / sampleRateHz, endSample / sampleRateHz];
    const { channels, ...read } = await sounds.read(sound, { start: startSeconds, end: endSeconds });
    const saved = { startSeconds, endSeconds, sampleRateHz: read.sampleRateHz, channels };
    return { isCut, name: await peer.request('saveSound', saved) };
  };
  const attempt = async (act: (known: DocumentFacts) => Promise<string | undefined>): Promise<void> => {
    const known = facts();
    if (known === undefined) return;
    try {
      const done = await act(known);
      if (done !== undefined) layout.say(done);
    } catch (error) {
      layout.showProblem(messageOf(error));
    }
  };
  return {
    save: (format) =>
      attempt(async (known) => {
        const { isCut, name } = await (format === 'wav' ? saveSound(known) : saveTokens(known, format));
        if (name === null) return undefined;
        return isCut ? t('Saved {0}, as far as these tokens go.', name) : t('Saved {0}.', name);
      }),
    copy: (format) =>
      attempt(async (known) => {
        const { isCut, wanted } = tokensOf(known);
        await peer.request('copyTokens', { ...wanted, format });
        const what = format.toUpperCase();
        return isCut ? t('Copied as {0}, as far as these tokens go.', what) : t('Copied as {0}.', what);
      }),
  };
}
