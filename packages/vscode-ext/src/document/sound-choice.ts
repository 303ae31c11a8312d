/** Which sound is heard: the recording (`recordingSound`), or what the tokens of a tokenizer say, by its id, or the difference of both (`differenceOf` it). */
export type SoundChoice = string;

export const recordingSound: SoundChoice = 'recording';

/** Stands for the id of a tokenizer where the file itself holds the tokens. */
export const ownTokens = '';

const differencePrefix = 'difference ';

/** The recording minus what the tokens of a tokenizer say. */
export function differenceOf(tokenizer: string): SoundChoice {
  return `${differencePrefix}${tokenizer}`;
}

/** Whose tokens a sound is made with; `undefined` for the recording. */
export function tokenizerOf(choice: SoundChoice): string | undefined {
  if (choice === recordingSound) return undefined;
  return isDifference(choice) ? choice.slice(differencePrefix.length) : choice;
}

export function isDifference(choice: SoundChoice): boolean {
  return choice.startsWith(differencePrefix);
}
