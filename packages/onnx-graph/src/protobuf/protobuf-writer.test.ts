import { expect, test } from 'vitest';
import { ProtobufWriter } from './protobuf-writer.ts';

const hex = (writer: ProtobufWriter): string => Buffer.from(writer.finish()).toString('hex');

test('varints are those of the encoding guide', () => {
  expect(hex(new ProtobufWriter().varint(1, 150))).toBe('089601');
  expect(hex(new ProtobufWriter().varint(1, 0))).toBe('0800');
});

test('negative integers take ten bytes', () => {
  expect(hex(new ProtobufWriter().varint(1, -2))).toBe('08feffffffffffffffff01');
});

test('texts and messages carry their length, large field numbers two bytes of tag', () => {
  expect(hex(new ProtobufWriter().string(2, 'testing'))).toBe('120774657374696e67');
  expect(hex(new ProtobufWriter().message(3, (inner) => inner.varint(1, 150)))).toBe('1a03089601');
  expect(hex(new ProtobufWriter().varint(20, 1))).toBe('a00101');
});

test('floats are little-endian, packed varints one field', () => {
  expect(hex(new ProtobufWriter().float(2, 1))).toBe('150000803f');
  expect(hex(new ProtobufWriter().packedVarints(6, [3, 270, 86942]))).toBe('3206038e029ea705');
});
