import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sentencePieceModel } from '../../test/support/sentence-piece-model.ts';
import { createPieceDecoder, openSentencePieces, parseSentencePieces } from './sentence-pieces.ts';

const model = sentencePieceModel([
  { piece: '<unk>', type: 2 },
  { piece: '<s>', type: 3 },
  { piece: '▁hel' },
  { piece: 'lo', type: 1 },
  { piece: '<0xC3>', type: 6 },
  { piece: '<0xA9>', type: 6 },
  { piece: '▁▁é', type: 4 },
]);

test('ids become text: spaces, bytes of one character, nothing for control ids and ids beyond', () => {
  const decoder = createPieceDecoder(parseSentencePieces(model, 'spm.model'));
  expect([2, 3, 0, 1, 4, 5, 6, 99].map((id) => decoder.push(id))).toEqual([' hel', 'lo', '', '', '', 'é', '  é', '']);
  expect([4, 2].map((id) => decoder.push(id))).toEqual(['', '\ufffd hel']);
});

test('a file that holds no pieces is refused by name, one that is not there too', async () => {
  const refused = (bytes: Uint8Array) => () => parseSentencePieces(bytes, 'spm.model');
  expect(refused(new Uint8Array())).toThrow('spm.model does not hold the pieces of a text tokenizer: found no pieces');
  expect(refused(model.subarray(0, 20))).toThrow('an end within a field');
  expect(refused(Uint8Array.of(0x0b))).toThrow('a field of the wire type 3');
  expect(refused(Uint8Array.from({ length: 11 }, () => 0xff))).toThrow('more than ten bytes');
  expect(refused(sentencePieceModel([{ piece: '<0xZZ>', type: 6 }]))).toThrow('the byte "<0xZZ>"');
  await expect(openSentencePieces('/no/such/spm.model')).rejects.toMatchObject({ code: 'file-read' });
});

test('whatever bytes it is given, it answers with pieces or a typed error', () => {
  const answer = (bytes: Uint8Array): void => {
    try {
      for (const { piece } of parseSentencePieces(bytes, 'spm.model')) expect(typeof piece).toBe('string');
    } catch (error) {
      if (!isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), answer), { numRuns: 2_000 });
  const changes = fc.array(fc.tuple(fc.nat(model.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(changes, (list) => {
      const bytes = model.slice();
      for (const [at, byte] of list) bytes[at] = byte;
      answer(bytes);
    }),
    { numRuns: 2_000 },
  );
});
