/** What is done to a text, in this order: the model has seen no other. */
const steps: readonly (readonly [RegExp, string])[] = [
  [/\.{2,}/gu, '...'],
  [/[“”„‟«»]/gu, '"'],
  [/[‘’‛‹›`´]/gu, "'"],
  [/[–—―−‐]/gu, '-'],
  [/-{2,}/gu, '-'],
  // Control characters, soft hyphens, spaces of no width.
  [/[\p{Cc}\u00ad\u200b-\u200d\ufeff]/gu, ''],
  [/\s+/gu, ' '],
  [/\s+([,.?!:;])/gu, '$1'],
  [/([,.?!:;])(?=[^\s,.?!:;])/gu, '$1 '],
  // Apostrophes that stand apart: "word ' s", "can 't".
  [/([\p{L}\p{N}_])\s+'\s*([\p{L}\p{N}_])/gu, "$1'$2"],
  [/([\p{L}\p{N}_])\s+'\s*([,.?!:;\s]|$)/gu, "$1'$2"],
  [/([\p{L}\p{N}_])\s*'\s*([tsdmren])(?![\p{L}\p{N}_])/giu, "$1'$2"],
  [/([?!])\1+/gu, '$1'],
  [/\s+/gu, ' '],
  [/"/gu, ''],
];

/**
 * A text as OuteTTS 1.0 was trained with: compatibility forms resolved, quotation marks and dashes of one kind, spaces
 * after punctuation. The authors also mend text that was decoded wrongly (ftfy), which is not done here.
 * Source: edwko/OuteTTS, outetts/version/v3/prompt_processor.py (`text_normalizations`).
 */
export function normalizeText(text: string): string {
  return steps.reduce((left, [pattern, by]) => left.replace(pattern, by), text.normalize('NFKC')).trim();
}

/**
 * What a speaker said, and a text after it.
 * @returns the whole, and the sign that the last word of the speaker gets where its text had no end
 * Source: as above (`merge_speaker_text`).
 */
export function textAfterSpeaker(said: string, text: string): { readonly text: string; readonly sign: string } {
  const before = said.trim();
  const isSpaceless = /[\u3040-\u309f\u30a0-\u30ff\u4e00-\u9fff]/u.test(before);
  const hasEnd = (isSpaceless ? /[。？！?!]$/u : /[.?!]$/u).test(before);
  if (before === '') return { text: text.trim(), sign: '' };
  const sign = hasEnd ? '' : isSpaceless ? '。' : '.';
  return { text: `${before}${sign}${isSpaceless ? '' : ' '}${text.trim()}`, sign };
}
