import { createPeakPyramid, type PeakPyramid, type PeakPyramidBuilder } from '@speech-tokens/token-view';
import type { HostMethods } from '../host/editor-methods.ts';
import type { Pictures } from '../inference/index.ts';
import type { Peer } from '../protocol/index.ts';
import type { TaskContext } from './tasks.ts';

/**
 * Waveform and spectrogram of the document. The waveform of a long recording comes in parts.
 * @param onPeaks is told what there is of the waveform so far
 */
export async function requestPictures(
  peer: Peer<HostMethods>,
  { signal, onProgress }: Pick<TaskContext, 'signal' | 'onProgress'>,
  onPeaks: (peaks: PeakPyramid) => void,
): Promise<Pictures> {
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
        onPeaks(growing.result());
      },
    },
  );
  return growing === undefined ? made : { peaks: growing.result(), ...made };
}
