import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flattenCheckpoint } from '../src/checkpoint/pytorch/flatten-checkpoint.ts';
import { type ParsedPickle, parsePickle } from '../src/checkpoint/pytorch/parse-pickle.ts';
import { persistentStorage } from '../src/checkpoint/pytorch/persistent-storage.ts';
import { PickleFault, PickleUnfinished } from '../src/checkpoint/pytorch/pickle-fault.ts';
import type { PickleValue } from '../src/checkpoint/pytorch/pickle-value.ts';
import { torchGlobals } from '../src/checkpoint/pytorch/torch-globals.ts';
import {
  call,
  dict,
  global,
  int,
  list,
  op,
  pickle,
  proto,
  stop,
  storage,
  tensor,
  text,
  tuple,
  uint32,
} from './write-pickle.ts';

const parse = (bytes: Uint8Array): ParsedPickle =>
  parsePickle(bytes, 0, { globals: torchGlobals, persistent: persistentStorage });
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** Containers as what JavaScript has for them. */
function plain(value: PickleValue): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value.kind === 'dict') return new Map([...value.entries].map(([key, item]) => [key, plain(item)]));
  if (value.kind === 'list' || value.kind === 'tuple') return value.items.map(plain);
  return value;
}

const set = { kind: 'opaque', type: 'set' };
const bytesAt = (startBytes: number, lengthBytes: number) => ({
  kind: 'opaque',
  type: 'bytes',
  span: { startBytes, lengthBytes },
});

// Expected values as Python's `pickle.loads` gives them.
test.each<[string, Uint8Array, unknown]>([
  ['BININT', op('J', bytes(0xfe, 0xff, 0xff, 0xff)), -2],
  ['BININT1', op('K', bytes(200)), 200],
  ['BININT2', op('M', bytes(1, 2)), 513],
  ['LONG1', op(0x8a, bytes(2), bytes(0, 0x80)), -32768],
  ['LONG1 of no bytes', op(0x8a, bytes(0)), 0],
  ['LONG4', op(0x8b, uint32(8), bytes(0, 0, 0, 0, 0, 0, 0, 1)), 2n ** 56n],
  ['BINFLOAT', op('G', bytes(0x3f, 0xd0, 0, 0, 0, 0, 0, 0)), 0.25],
  ['NONE', op('N'), null],
  ['NEWTRUE', op(0x88), true],
  ['NEWFALSE', op(0x89), false],
  ['BINSTRING', op('T', uint32(2), Buffer.from('ab')), 'ab'],
  ['SHORT_BINSTRING', op('U', bytes(2), Buffer.from('ab')), 'ab'],
  ['BINUNICODE', text('\ufeffö'), '\ufeffö'],
  ['SHORT_BINUNICODE', op(0x8c, bytes(2), Buffer.from('ö')), 'ö'],
  ['BINUNICODE8', op(0x8d, uint32(2), uint32(0), Buffer.from('ö')), 'ö'],
  ['BINBYTES', op('B', uint32(2), bytes(0, 255)), bytesAt(7, 2)],
  ['SHORT_BINBYTES', op('C', bytes(1), bytes(255)), bytesAt(4, 1)],
  ['BINBYTES8', op(0x8e, uint32(1), uint32(0), bytes(255)), bytesAt(11, 1)],
  ['BYTEARRAY8', op(0x96, uint32(1), uint32(0), bytes(255)), bytesAt(11, 1)],
  ['EMPTY_TUPLE', op(')'), []],
  ['TUPLE1', op('', int(1), op(0x85)), [1]],
  ['TUPLE2', op('', int(1), int(2), op(0x86)), [1, 2]],
  ['TUPLE3', op('', int(1), int(2), int(3), op(0x87)), [1, 2, 3]],
  ['TUPLE', tuple(int(1), int(2), int(3), int(4)), [1, 2, 3, 4]],
  ['APPEND', op(']', int(1), op('a')), [1]],
  ['APPENDS', list(int(1), tuple(int(2))), [1, [2]]],
  ['SETITEM', op('}', text('a'), int(1), op('s')), new Map([['a', 1]])],
  [
    'SETITEMS',
    dict(text('a'), int(1), int(2), op('N')),
    new Map<unknown, unknown>([
      ['a', 1],
      [2, null],
    ]),
  ],
  ['a key twice', dict(text('a'), int(1), text('a'), int(2)), new Map([['a', 2]])],
  ['EMPTY_SET, ADDITEMS', op(0x8f, op('('), int(1), op(0x90)), set],
  ['FROZENSET', op('(', int(1), op(0x91)), set],
  ['DUP', op('', int(1), op('2'), op(0x86)), [1, 1]],
  ['POP', op('', int(1), int(2), op('0')), 1],
  ['POP_MARK', op('', int(1), op('('), int(2), op('1')), 1],
  ['BINPUT, BINGET', op('', text('a'), op('q', bytes(9)), op('h', bytes(9)), op(0x86)), ['a', 'a']],
  [
    'LONG_BINPUT, LONG_BINGET',
    op('', text('a'), op('r', uint32(2 ** 32 - 1)), op('j', uint32(2 ** 32 - 1)), op(0x86)),
    ['a', 'a'],
  ],
  ['MEMOIZE', op('', text('a'), op(0x94), text('b'), op(0x94), op('h', bytes(1)), op(0x87)), ['a', 'b', 'b']],
  ['FRAME', op(0x95, uint32(5), uint32(0), int(1)), 1],
  ['STACK_GLOBAL', op('', text('collections'), text('OrderedDict'), op(0x93), op(')R')), new Map()],
  [
    'OrderedDict of Python 2',
    call(global('collections', 'OrderedDict'), list(list(text('a'), int(1)))),
    new Map([['a', 1]]),
  ],
  ['set of Python 2', call(global('__builtin__', 'set'), list(int(1))), set],
  ['BUILD', op('', dict(text('a'), int(1)), dict(text('_metadata'), int(2)), op('b')), new Map([['a', 1]])],
])('%s', (_, body, value) => {
  expect(plain(parse(pickle(body)).value)).toEqual(value);
});

test('tensors of parameters, of GPUs, with attributes', () => {
  const inner = tensor(storage('0', 6), 1, [2], [1]);
  const expected = parse(pickle(inner)).value;
  expect(expected).toMatchObject({ kind: 'tensor', startElement: 1, shape: [2], strides: [1] });
  const utils = (name: string): Uint8Array => global('torch._utils', name);
  const no = op(0x89);
  const rebuilt = tuple(storage('0', 6), int(1), tuple(int(2)), tuple(int(1)), no, op('}'));
  const same = [
    call(utils('_rebuild_parameter'), inner, no, op('}')),
    call(utils('_rebuild_parameter_with_state'), inner, no, op('}'), op('}')),
    call(utils('_rebuild_tensor'), storage('0', 6), int(1), tuple(int(2)), tuple(int(1))),
    call(
      global('torch._tensor', '_rebuild_from_type_v2'),
      utils('_rebuild_tensor_v2'),
      global('torch', 'Tensor'),
      rebuilt,
      op('N'),
    ),
    call(
      utils('_rebuild_tensor_v2'),
      op('(', text('storage'), global('torch.cuda', 'FloatStorage'), text('0'), text('cuda:0'), int(6), op('tQ')),
      int(1),
      tuple(int(2)),
      tuple(int(1)),
    ),
  ];
  for (const body of same) expect(parse(pickle(body)).value).toEqual(expected);
});

const named = (value: unknown): string => (value instanceof PickleFault ? value.message : `no fault: ${String(value)}`);
const faultOf = (body: Uint8Array): string => {
  try {
    flattenCheckpoint(parse(body).value);
    return 'no fault';
  } catch (error) {
    return named(error);
  }
};

const utils = (name: string): Uint8Array => global('torch._utils', name);

test.each<[string, Uint8Array, string]>([
  ['a class', op('', global('torch.nn', 'Linear')), 'the global torch.nn.Linear'],
  ['a builtin', op('', global('__builtin__', 'eval')), 'the global builtins.eval'],
  ['an attribute of what is known', op('', global('torch', 'Size.__class__')), 'the global torch.Size.__class__'],
  ['a name of Object', op('', global('constructor', 'x')), 'the global constructor.x'],
  ['NEWOBJ', op('', global('torch', 'Size'), op(')'), op(0x81)), 'the opcode NEWOBJ (0x81) at byte 15'],
  ['INST', op('i', Buffer.from('os\nsystem\n')), 'the opcode INST (0x69) at byte 2'],
  ['an opcode that does not exist', op(0xff), 'the opcode 0xff at byte 2'],
  ['text of protocol 0', op('I', Buffer.from('1\n')), 'the opcode INT (0x49) at byte 2'],
  ['a call of what is no function', call(text('a')), 'a call of string'],
  ['a call of a type', call(global('torch', 'float32')), 'a call of the global torch.float32'],
  ['arguments that are no tuple', op('', global('torch', 'Size'), op(']R')), 'a list as the arguments of torch.Size'],
  ['attributes for a list', op(']}b'), 'attributes for a list'],
  ['items for a dictionary', op('}Na'), 'items appended to a dict'],
  ['keys for a list', op(']NNs'), 'keys set in a list'],
  ['a key without a value', op('}(Nu'), 'a key without a value'],
  ['a tuple as a key', op('})Ns'), "a tuple as a dictionary's key"],
  ['a list in a set', op(0x8f, op('(]'), op(0x90)), 'a list in a set'],
  ['items for what is no set', op('](N', op(0x90)), 'items added to a list'],
  ['a stack that is empty', op('0'), 'an empty stack'],
  ['a stack that is empty above its mark', op('N(0'), 'an empty stack'],
  ['no mark', op('t'), 'no mark on the stack'],
  ['nothing left', op(''), 'an empty stack'],
  ['two values left', op('NN'), '1 values left on the stack'],
  ['a mark left', op('N('), 'a mark that is left on the stack'],
  ['nothing remembered', op('h', bytes(3)), 'nothing remembered as number 3'],
  ['text that is not UTF-8', op('X', uint32(1), bytes(0xff)), 'text that is not UTF-8, at byte 7'],
  ['a long integer', op(0x8b, uint32(2 ** 20)), 'an integer of 1048576 bytes, at byte 7'],
  ['a global without an end', op('c', Buffer.alloc(2000, 97)), 'a line without an end, at byte 3'],
  ['a global that is a number', op('', int(1), int(2), op(0x93)), 'a global without a name'],
  ['a later protocol', op(0x80, bytes(6)), 'pickle protocol 6'],
  ['another reference', op('', text('x'), op('Q')), 'string as a reference'],
  [
    'a storage of no class',
    op('', tuple(text('storage'), int(1), text('0'), text('cpu'), int(1)), op('Q')),
    'number for the class of a storage',
  ],
  [
    'a storage of another class',
    op('', tuple(text('storage'), global('torch', 'Size'), text('0'), text('cpu'), int(1)), op('Q')),
    'torch.Size for the class of a storage',
  ],
  ['a tensor over nothing', call(utils('_rebuild_tensor_v2')), 'nothing for the storage of a tensor'],
  ['a tensor of no type', call(utils('_rebuild_tensor_v3'), storage('0', 1)), 'nothing for the type of a tensor'],
  [
    'a shape of text',
    call(utils('_rebuild_tensor'), storage('0', 1), int(0), tuple(text('a')), op(')')),
    'string for the shape of a tensor',
  ],
  [
    'a tensor of 65 axes',
    tensor(storage('0', 1), 0, Array(65).fill(1), Array(65).fill(1)),
    'a tuple for the shape of a tensor, of at most 64 axes',
  ],
  ['a parameter of nothing', call(utils('_rebuild_parameter'), op('N')), 'None for the tensor of a parameter'],
  [
    'a subclass of tensors',
    call(
      global('torch._tensor', '_rebuild_from_type_v2'),
      utils('_rebuild_tensor_v2'),
      global('torch', 'Size'),
      op(')'),
    ),
    'a tensor of the type the global torch.Size',
  ],
  ['a size that is no tuple', call(global('torch', 'Size'), int(1)), 'number for the sizes'],
])('%s is refused', (_, body, message) => {
  expect(faultOf(pickle(body))).toBe(message);
});

test('what asks for more than it has bytes is unfinished, however much it claims', () => {
  const claims = [
    op('X', uint32(2 ** 32 - 1)),
    op(0x8d, bytes(255, 255, 255, 255, 255, 255, 255, 255)),
    op(0x8e, uint32(0), uint32(2 ** 31)),
    op('B', uint32(2 ** 32 - 1)),
    op('c', Buffer.from('torch')),
    op('(]'),
  ];
  for (const claim of claims) {
    expect(() => parse(Buffer.concat([proto, claim])), String(claim)).toThrow(PickleUnfinished);
  }
});

const many = (count: number, part: Uint8Array): Uint8Array => Buffer.alloc(count * part.byteLength, part);

/** Eight million empty lists in a kilobyte: each of three lists has the one before it 200 times. */
const lists = op(
  ']q\u00000',
  ...[0, 1, 2].map((level) => op('](', many(200, op('h', bytes(level))), op('eq', bytes(level + 1)), op('0'))),
  op('h\u0003'),
);

// Each would take all the memory or time there is, were it not for a limit.
test.each<[string, Uint8Array, string | RegExp]>([
  ['nesting 600,000 deep', op('', many(6e5, op(']')), many(6e5 - 1, op('a'))), /more than 32 levels/],
  ['a dictionary within itself', op('}q\u0000', text('a'), op('h\u0000s')), /more than 32 levels, at a\.a\.a/],
  ['lists of lists, of which there are few', lists, 'more than 2000000 values, or one within itself'],
  ['containers without end', op('', many(1e6, op('}'))), 'more than 700000 containers'],
  ['instructions without end', op('', many(5e6, op('N0'))), 'more than 4000000 instructions'],
  [
    'long names',
    dict(text('x'.repeat(1e6)), list(dict(...Array.from({ length: 100 }, (_, i) => [int(i), int(i)]).flat()))),
    /names of more than/,
  ],
])('%s', (_, body, message) => {
  expect(faultOf(pickle(body))).toMatch(message);
});

test('copies of a long ordered dictionary', () => {
  const pairs = list(...Array.from({ length: 20_000 }, (_, i) => tuple(int(i), int(i))));
  const copy = op('', global('collections', 'OrderedDict'), op('h\u0000'), op(0x85), op('R0'));
  expect(faultOf(pickle(pairs, op('q\u0000'), many(300, copy)))).toBe('more than 4000000 values copied');
});

test('any order of opcodes gives a value or a fault', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...['(', ')', '0', '1', '2', 'N', 'R', 'Q', ']', '}', 'a', 'b', 'e', 's', 't', 'u', 'o', 'i'].map((code) =>
        op(code),
      ),
      ...[0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x91, 0x93, 0x94].map((code) => op(code)),
    ),
    fc.nat(3).map((index) => op('q', bytes(index))),
    fc.nat(3).map((index) => op('h', bytes(index))),
    fc.constantFrom(text('a'), text('storage'), int(0), int(1), int(-1), tuple(int(1)), tuple(int(2), int(3))),
    fc.constantFrom(...torchGlobals.keys()).map((name) => {
      const at = name.lastIndexOf('.');
      return global(name.slice(0, at), name.slice(at + 1));
    }),
    fc.constantFrom(storage('0', 6), tensor(storage('0', 6), 0, [2], [1]), dict(), list(), text('torch')),
  );
  let values = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      try {
        flattenCheckpoint(parse(Buffer.concat([proto, ...pieces, stop])).value);
        values++;
      } catch (error) {
        if (!(error instanceof PickleFault || error instanceof PickleUnfinished)) throw error;
      }
    }),
    { numRuns: 20_000 },
  );
  expect(values).toBeGreaterThan(100);
});

test('any bytes give a value or a fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
      try {
        flattenCheckpoint(parse(body).value);
      } catch (error) {
        if (!(error instanceof PickleFault || error instanceof PickleUnfinished)) throw error;
      }
    }),
    { numRuns: 20_000 },
  );
});

test('objects of any class are inert data where a reader asks for them, and what they store behind them can be skipped', () => {
  const body = op(
    '',
    op('', global('os', 'system'), op(')'), op(0x81), dict(text('size'), int(3)), op('b')),
    bytes(0xff, 0xff, 0xff),
  );
  const seen: string[] = [];
  const { value } = parsePickle(pickle(body), 0, {
    globals: new Map(),
    persistent: persistentStorage,
    onObject(object, input) {
      seen.push(object.className);
      input.skip(3);
    },
  });
  expect(seen).toEqual(['os.system']);
  expect(value).toMatchObject({ kind: 'object', className: 'os.system', args: { kind: 'tuple', items: [] } });
  expect(() => parse(pickle(body))).toThrow(PickleFault);
});
