/** The means of a k-means clustering of features: each frame gets the number of the nearest one. */
export interface Centroids {
  /** `[count, width]`, row by row */
  readonly values: Float32Array;
  readonly count: number;
  readonly width: number;
}
