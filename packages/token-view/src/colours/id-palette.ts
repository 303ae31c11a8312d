import { cssColour, idColour, type LanePlace, textColourOn } from './colours.ts';

/** A colour as drawing needs it. */
export interface PaletteEntry {
  readonly css: string;
  /** That of a number written on it. */
  readonly textCss: string;
  /** `0xBBGGRR`, as the values of an image in memory. */
  readonly packed: number;
}

const palettes = new Map<string, Map<number, PaletteEntry>>();

/** The colours of a lane's ids; each is computed once, as thousands are drawn in every picture. */
export function idPalette(place: LanePlace): (id: number) => PaletteEntry {
  const key = `${place.index} ${place.count}`;
  const entries = palettes.get(key) ?? new Map<number, PaletteEntry>();
  palettes.set(key, entries);
  return (id) => {
    const known = entries.get(id);
    if (known !== undefined) return known;
    const colour = idColour(id, place);
    const [red, green, blue] = colour;
    const entry = {
      css: cssColour(colour),
      textCss: cssColour(textColourOn(colour)),
      packed: red | (green << 8) | (blue << 16),
    };
    entries.set(id, entry);
    return entry;
  };
}
