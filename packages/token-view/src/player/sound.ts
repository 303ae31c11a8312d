/** Sound that can be played: planar, at one rate. */
export interface Sound {
  readonly title: string;
  readonly sampleRateHz: number;
  readonly channels: readonly Float32Array[];
}
