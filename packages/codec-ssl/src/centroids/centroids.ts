/** The means of a k-means clustering of features: each frame gets the number of the nearest one. */
export interface Centroids {
  /** `[count, width]`, row by row */
  readonly values: Float32Array;
  readonly count: number;
  readonly width: number;
  /**
   * Where frames and centroids are compared, if not as the encoder gives them: `[width, featureWidth]`, row by row. A
   * frame x is compared as projection · x. So clusters can be made in those directions in which phones lie apart.
   */
  readonly projection?: { readonly values: Float32Array; readonly featureWidth: number };
}

/** How wide the features are that centroids are for. */
export function featureWidthOf({ width, projection }: Centroids): number {
  return projection?.featureWidth ?? width;
}
