import { isSpeechTokensError, type SessionState } from '../../src/index.ts';
import type { Fault } from './call-faults.ts';
import { type CodecPart, type Data, type OpenOptions, type PartSession, spoilAll } from './codec-part.ts';

/** A fault that changes some calls of every session. */
export function inSession(
  change: (session: PartSession, options: OpenOptions) => Partial<PartSession>,
): Fault['inject'] {
  return (part) => ({
    ...part,
    async open(options = {}) {
      const session = await part.open(options);
      return { ...session, ...change(session, options) };
    },
  });
}

/** Puts marks into saved states; where they are bad at opening, the end of the stream is spoiled. */
export function inSavedState(
  part: CodecPart,
  mark: () => readonly number[] | Uint32Array,
  isBad: (marks: readonly number[] | Uint32Array) => boolean,
): CodecPart {
  return {
    ...part,
    async open(options = {}) {
      const data = options.state?.data as
        | { readonly marks: readonly number[]; readonly inner: never }
        | null
        | undefined;
      const state = options.state && data ? { ...options.state, data: data.inner } : options.state;
      const session = await part.open(state ? { ...options, state } : options);
      const isSpoiled = data ? isBad(data.marks) : false;
      return {
        ...session,
        async saveState(): Promise<SessionState> {
          const marks = mark();
          const saved = await session.saveState();
          return { ...saved, data: { marks, inner: saved.data } };
        },
        flush: async (callOptions) => spoilIf(isSpoiled, await session.flush(callOptions)),
      };
    },
  };
}

export function untyped(
  session: PartSession,
  code: 'stream-order' | 'audio-format' | 'token-grid-invalid',
): PartSession['push'] {
  return async (input, options) => {
    try {
      return await session.push(input, options);
    } catch (error) {
      throw isSpeechTokensError(error, code) ? new TypeError('Bad input.') : error;
    }
  };
}

export function spoilIf(condition: boolean, outputs: readonly Data[]): readonly Data[] {
  return condition ? spoilAll(outputs) : outputs;
}

export function emptyOutput({ name, tokenSpace }: CodecPart): Data {
  if (name === 'detokenizer') return { sampleRateHz: 100, startSample: 0, channels: [new Float32Array(0)] };
  const tracks = tokenSpace.codebooks.map(() => ({ ids: new Uint32Array(0) }));
  return { tokenSpace, startSample: 0, sampleCount: 0, tracks };
}
