/** A `tokenizer.json` of single characters with ids below 90: Llama 3's begin and end, and printable ASCII. */
export function tinyTokenizerJson(): string {
  const letters = [...'Ġabcdefghijklmnopqrstuvwxyz0123456789[].,!?'];
  const vocab = Object.fromEntries(letters.map((letter, id) => [letter, id]));
  const special = (id: number, content: string) => {
    return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  };
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(80, '<|begin_of_text|>'), special(81, '<|end_of_text|>')],
    normalizer: null,
    pre_tokenizer: byteLevel,
    // Llama 3's own puts the begin alone there.
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<|begin_of_text|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<|begin_of_text|>': { id: '<|begin_of_text|>', ids: [80], tokens: ['<|begin_of_text|>'] } },
    },
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges: [],
    },
  });
}

/** A model of SentencePiece with these pieces. @param type as in its file: 1 normal, 2 unknown, 3 control, 6 byte */
export function sentencePieceModel(pieces: readonly { readonly piece: string; readonly type?: number }[]): Uint8Array {
  const messages = pieces.map(({ piece, type }) => {
    const text = new TextEncoder().encode(piece);
    const score = [0x15, 0, 0, 0x80, 0x3f];
    return [0x0a, text.length, ...text, ...score, ...(type === undefined ? [] : [0x18, type])];
  });
  const trainer = [0x12, 2, 0x08, 1];
  return Uint8Array.from([...messages.flatMap((message) => [0x0a, message.length, ...message]), ...trainer]);
}
