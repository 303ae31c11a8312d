import type { CallOptions, ChooseToken, LanguageModelSession, SpeechLanguageModelV0 } from '@speech-tokens/core';
import { type FrameLayout, noId } from '../../layout/frame-layout.ts';
import { createStepReader } from '../../layout/step-reader.ts';
import { createStepWriter, fillChosen } from '../../layout/step-writer.ts';

/** What Moshi says in one step of 80 ms. */
export interface MoshiTurn {
  /** What it thinks as it speaks: an id of text, or one of the ids that mark padding (0 and 3 in Moshi's own models). */
  readonly textId: number;
  /** Its own codes, one for each of its codebooks; absent while the first frame is not whole. */
  readonly codes?: Int32Array;
}

/** A full-duplex conversation: it hears and speaks at every step. */
export interface MoshiConversation {
  /**
   * @param userCodes what the microphone heard in this step, one code for each of the user's codebooks
   * @throws what `LanguageModelSession.step` throws; a step that is aborted counts as not made
   */
  step(userCodes: Int32Array, options?: Pick<CallOptions, 'signal'>): Promise<MoshiTurn>;
}

/** Moshi's rows with their delays: the last id of each stream marks what lies before the first frame. */
export function moshiLayout(model: SpeechLanguageModelV0 & { readonly delaySteps: readonly number[] }): FrameLayout {
  return {
    streams: model.streams.map((stream, i) => ({
      ...stream,
      delaySteps: model.delaySteps[i]!,
      initialId: stream.vocabularySize - 1,
    })),
    channels: {},
    initialSteps: 1,
  };
}

/**
 * Runs Moshi's loop. Delays are kept as the authors' do: what the user says in the very first step is not heard, since
 * there the marks of the start go in. Source: kyutai-labs/moshi, moshi/moshi/models/lm.py, `LMGen`.
 * @param session one that has read nothing yet
 */
export function createMoshiConversation(
  model: SpeechLanguageModelV0 & { readonly delaySteps: readonly number[] },
  session: LanguageModelSession,
  choose: ChooseToken,
): MoshiConversation {
  const layout = moshiLayout(model);
  const outputs = layout.streams.map(({ role }, i) => (role === 'out' ? i : -1)).filter((i) => i >= 0);
  const inputs = layout.streams.map(({ role }, i) => (role === 'in' ? i : -1)).filter((i) => i >= 0);
  const initial = Int32Array.from(layout.streams, ({ initialId = noId }) => initialId);
  let writer = createStepWriter(layout);
  // Frames are read from what was chosen, a step before it goes in: nothing waits for the user's codes beside it.
  const spoken: FrameLayout = { ...layout, streams: outputs.map((i) => layout.streams[i]!) };
  const reader = createStepReader(spoken);
  reader.push(Int32Array.from(outputs, (i) => initial[i]!));
  let chosen: Int32Array | undefined;

  const nextRow = (userCodes: Int32Array): Int32Array => {
    if (chosen === undefined) return initial;
    const frame = new Int32Array(layout.streams.length).fill(noId);
    for (const [k, stream] of inputs.entries()) frame[stream] = userCodes[k]!;
    // With its first frame the writer also gives the row of marks, which has been read.
    const row = writer.push(frame).at(-1)!;
    fillChosen(layout, row, chosen);
    return row;
  };

  return {
    async step(userCodes, options = {}) {
      const before = writer.saveState();
      try {
        chosen = await session.step(nextRow(userCodes), choose, options);
      } catch (error) {
        writer = createStepWriter(layout, { state: before });
        throw error;
      }
      const [frame] = reader.push(Int32Array.from(outputs, (i) => chosen![i]!));
      return { textId: chosen[outputs[0]!]!, ...(frame === undefined ? {} : { codes: frame.subarray(1) }) };
    },
  };
}
