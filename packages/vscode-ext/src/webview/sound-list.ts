import { differenceOf, recordingSound, type SoundChoice, type TokensFound } from '../document/index.ts';
import { t } from '../texts/index.ts';

export interface ListedSound {
  readonly choice: SoundChoice;
  readonly title: string;
  readonly isDisabled: boolean;
}

export interface SoundList {
  /** That can be compared blindly. */
  readonly whole: readonly ListedSound[];
  /** That a page shows of the recording minus them. */
  readonly differences: readonly ListedSound[];
}

/** The sounds of a document, also those that have to be made first. @param recording absent where there is none */
export function soundList(
  recording: { readonly isThere: boolean } | undefined,
  decodable: readonly { readonly id: string; readonly title: string }[],
): SoundList {
  const isDisabled = false;
  const recorded = { choice: recordingSound, title: t('recording'), isDisabled: !recording?.isThere };
  const decoded = decodable.map(({ id, title }) => ({ choice: id, title: t('decoded: {0}', title), isDisabled }));
  const differences = decodable.map(({ id, title }) => ({
    choice: differenceOf(id),
    title: t('difference: {0}', title),
    isDisabled,
  }));
  return recording === undefined ? { whole: decoded, differences: [] } : { whole: [recorded, ...decoded], differences };
}

/** Of tokens as a source of sound: whether they are only the first ones is said. */
export function titleOf({ title, endSample }: Pick<TokensFound, 'title' | 'endSample'>): string {
  return endSample === undefined ? title : t('{0}, partial', title);
}
