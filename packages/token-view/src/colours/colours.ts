/** Red, green and blue, 0 … 255. */
export type Rgb = readonly [number, number, number];

/** Parts of a turn that keep neighbouring ids far apart: the golden ratio, and the plastic number's. */
const hueStep = 0.618_033_988_749_895;
const lightnessStep = 0.754_877_666_246_693;

/** Which of how many lanes an id is in. */
export interface LanePlace {
  readonly index: number;
  readonly count: number;
}

/**
 * A colour for an id. Each lane has a part of the hue circle to itself, so that lanes can be told apart; within it, hue
 * and lightness follow the id, and lightness alone tells most ids apart, for whoever does not see the hues. Equal ids of
 * a codebook have equal colours in every picture.
 */
export function idColour(id: number, { index, count }: LanePlace): Rgb {
  const spread = count === 1 ? 1 : Math.max(0.16, 1 / count);
  const hue = 0.53 + index / count + spread * (((id * hueStep) % 1) - 0.5);
  const lightness = 0.46 + 0.4 * ((id * lightnessStep) % 1);
  return oklchToRgb(lightness, 0.115, 2 * Math.PI * hue);
}

/** Black or white, whichever reads better on a colour. */
export function textColourOn([red, green, blue]: Rgb): Rgb {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? [16, 16, 20] : [250, 250, 250];
}

export function cssColour([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** Perceptually even lightness and chroma. Source: Björn Ottosson, "A perceptual color space for image processing". */
function oklchToRgb(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ];
}

/** Linear light in [0, 1] to the sRGB byte. */
function encoded(linear: number): number {
  const value = Math.max(0, Math.min(1, linear));
  return Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055));
}

/** Stops of a map from silence to loudness: night blue over violet and orange to pale yellow. */
const heatStops: readonly Rgb[] = [
  [13, 12, 32],
  [58, 24, 98],
  [133, 38, 120],
  [208, 70, 92],
  [248, 144, 78],
  [252, 226, 158],
];

/** A colour for a loudness in [0, 1]. */
export function heatColour(loudness: number): Rgb {
  const place = Math.max(0, Math.min(1, loudness)) * (heatStops.length - 1);
  const below = Math.min(heatStops.length - 2, Math.floor(place));
  const [low, high] = [heatStops[below]!, heatStops[below + 1]!];
  const mix = (i: 0 | 1 | 2): number => Math.round(low[i] + (high[i] - low[i]) * (place - below));
  return [mix(0), mix(1), mix(2)];
}
