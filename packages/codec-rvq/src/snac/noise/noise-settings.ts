import { type DetokenizerSettings, SpeechTokensError } from '@speech-tokens/core';

/** The noise of the decoder: none, or that of a seed. */
export type NoiseSettings = { readonly isOn: false } | { readonly isOn: true; readonly seed: string | number };

/** What is drawn where no seed is given: the same noise every time. */
const defaultSeed = 0;

/**
 * Reads `conditioning` of SNAC's detokenizers:
 * - `noise`: `'on'` (default, as the authors' code) or `'off'`;
 * - `noiseSeed`: an integer or a text; another seed gives other noise, the same one the same. 0 by default.
 * @throws SpeechTokensError `argument-invalid` for other names or values
 */
export function readNoiseSettings(conditioning: DetokenizerSettings['conditioning'] = {}): NoiseSettings {
  const { noise = 'on', noiseSeed = defaultSeed, ...others } = conditioning;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw invalid(unknown, `"${unknown}"`, 'noise or noiseSeed', 'Leave it out');
  }
  if (noise !== 'on' && noise !== 'off') {
    throw invalid('noise', show(noise), '"on" or "off"', 'Leave it out for "on"');
  }
  if (typeof noiseSeed !== 'string' && !Number.isSafeInteger(noiseSeed)) {
    throw invalid('noiseSeed', show(noiseSeed), 'an integer or a text', `Leave it out for ${defaultSeed}`);
  }
  return noise === 'off' ? { isOn: false } : { isOn: true, seed: noiseSeed as string | number };
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? typeof value).slice(0, 100);
}

function invalid(name: string, found: string, wanted: string, remedy: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `The detokenizer of SNAC cannot be conditioned like this (${name})`,
    found,
    wanted,
    remedy,
    details: { argument: `conditioning.${name}` },
  });
}
