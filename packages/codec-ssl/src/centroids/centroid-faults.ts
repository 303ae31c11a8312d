import { SpeechTokensError } from '@speech-tokens/core';

/** What is wrong with a file of centroids; its reader adds the path. */
export class CentroidFault extends Error {
  override readonly name = 'CentroidFault';
  readonly found: string;
  readonly wanted: string;

  constructor(problem: string, found: string, wanted: string) {
    super(problem);
    this.found = found;
    this.wanted = wanted;
  }
}

export function centroidError(path: string, fault: CentroidFault): SpeechTokensError<'checkpoint-invalid'> {
  return new SpeechTokensError('checkpoint-invalid', {
    problem: `${fault.message} (${path})`,
    found: fault.found,
    wanted: fault.wanted,
    remedy:
      'Save the centroids as an array [clusters, width], for example numpy.save("centroids.npy", kmeans.cluster_centers_)',
    details: { path },
    cause: fault,
  });
}
