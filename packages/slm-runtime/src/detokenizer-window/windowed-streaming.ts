import {
  createStreamSession,
  type DetokenizerSettings,
  type DetokenizerWindow,
  type PcmChunk,
  type SpeechDetokenizerV1,
  SpeechTokensError,
  type Streaming,
  type TokenGrid,
} from '@speech-tokens/core';
import { checkWindow } from './detokenizer-window.ts';
import { WindowMachine } from './window-machine.ts';

/**
 * The streaming side of any detokenizer: its own, or windows over `detokenize`. Either way as many samples come out as
 * the whole would have, in order, the last ones at `flush`; windows are not bit for bit those of the whole.
 * @param window leave it out for the detokenizer's own streaming
 * @throws SpeechTokensError `argument-invalid` for a window that cannot be, or where there is neither
 */
export function streamingOf(
  detokenizer: SpeechDetokenizerV1,
  window?: DetokenizerWindow,
): Streaming<TokenGrid, PcmChunk, DetokenizerSettings> {
  if (window !== undefined) return windowedStreaming(detokenizer, window);
  if (detokenizer.streaming !== undefined) return detokenizer.streaming;
  throw new SpeechTokensError('argument-invalid', {
    problem: `The detokenizer of ${detokenizer.tokenSpace.id} does not stream`,
    found: 'no window',
    wanted: 'a window',
    remedy: 'Say in which blocks it is to decode',
    details: { argument: 'window' },
  });
}

function windowedStreaming(
  detokenizer: SpeechDetokenizerV1,
  window: DetokenizerWindow,
): Streaming<TokenGrid, PcmChunk, DetokenizerSettings> {
  const checked = checkWindow(detokenizer, window);
  const { blockFrames, lookaheadFrames, leftContextFrames, overlapSamples, frameSamples } = checked;
  const shape = `${blockFrames.join('-')} frames, ${leftContextFrames} before, ${lookaheadFrames} after, ${overlapSamples} faded`;
  return {
    latencySamples: (Math.max(...blockFrames) + lookaheadFrames) * frameSamples,
    async open({ state, ...settings } = {}) {
      return createStreamSession(new WindowMachine(detokenizer, checked, settings), {
        writtenBy: `windows of ${detokenizer.tokenSpace.id}, ${shape}, ${JSON.stringify(settings)}`,
        formatVersion: 1,
        state,
        isClosed: () => false,
      });
    },
  };
}
