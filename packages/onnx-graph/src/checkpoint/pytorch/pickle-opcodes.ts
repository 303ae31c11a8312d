import { PickleFault } from './pickle-fault.ts';
import type { PickleInput } from './pickle-input.ts';
import type { PickleMachine } from './pickle-machine.ts';
import { kindOf, type PickleValue } from './pickle-value.ts';

type Run = (machine: PickleMachine, input: PickleInput) => void;

export const stopOpcode = 0x2e;

/** Opcodes by number, of protocol 2 and later. `torch.save` writes protocol 2 unless it is told otherwise. */
export const opcodes: ReadonlyMap<number, Run> = new Map<number, Run>([
  [0x28, (m) => m.mark()], // MARK
  [0x29, (m) => m.pushContainer({ kind: 'tuple', items: [] })], // EMPTY_TUPLE
  [0x30, (m) => void m.pop()], // POP
  [0x31, (m) => void m.popToMark()], // POP_MARK
  [0x32, (m) => m.push(m.top())], // DUP
  [0x42, (m, input) => skipBytes(m, input, input.uint32())], // BINBYTES
  [0x43, (m, input) => skipBytes(m, input, input.byte())], // SHORT_BINBYTES
  [0x47, (m, input) => m.push(input.float64())], // BINFLOAT
  [0x4a, (m, input) => m.push(input.int32())], // BININT
  [0x4b, (m, input) => m.push(input.byte())], // BININT1
  [0x4d, (m, input) => m.push(input.uint16())], // BININT2
  [0x4e, (m) => m.push(null)], // NONE
  [0x51, (m) => m.pushPersistent()], // BINPERSID
  [0x52, (m) => m.reduce()], // REDUCE
  [0x54, (m, input) => m.push(input.text(input.uint32()))], // BINSTRING, the text of Python 2
  [0x55, (m, input) => m.push(input.text(input.byte()))], // SHORT_BINSTRING
  [0x58, (m, input) => m.push(input.text(input.uint32()))], // BINUNICODE
  [0x5d, (m) => m.pushContainer({ kind: 'list', items: [] })], // EMPTY_LIST
  [0x61, (m) => m.append([m.pop()])], // APPEND
  [0x62, (m, input) => m.build(input)], // BUILD
  [0x63, (m, input) => m.pushGlobal(input.line(), input.line())], // GLOBAL
  [0x65, (m) => m.append(m.popToMark())], // APPENDS
  [0x68, (m, input) => m.recall(input.byte())], // BINGET
  [0x6a, (m, input) => m.recall(input.uint32())], // LONG_BINGET
  [0x71, (m, input) => m.remember(input.byte())], // BINPUT
  [0x72, (m, input) => m.remember(input.uint32())], // LONG_BINPUT
  [0x73, (m) => m.setItems(m.popSome(2))], // SETITEM
  [0x74, (m) => m.pushContainer({ kind: 'tuple', items: m.popToMark() })], // TUPLE
  [0x75, (m) => m.setItems(m.popToMark())], // SETITEMS
  [0x7d, (m) => m.pushContainer({ kind: 'dict', entries: new Map() })], // EMPTY_DICT
  [0x80, (_, input) => checkProtocol(input.byte())], // PROTO
  [0x85, (m) => m.pushContainer({ kind: 'tuple', items: m.popSome(1) })], // TUPLE1
  [0x86, (m) => m.pushContainer({ kind: 'tuple', items: m.popSome(2) })], // TUPLE2
  [0x87, (m) => m.pushContainer({ kind: 'tuple', items: m.popSome(3) })], // TUPLE3
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x8a, (m, input) => m.push(input.integer(input.byte()))], // LONG1
  [0x8b, (m, input) => m.push(input.integer(input.uint32()))], // LONG4
  [0x8c, (m, input) => m.push(input.text(input.byte()))], // SHORT_BINUNICODE
  [0x8d, (m, input) => m.push(input.text(input.length64()))], // BINUNICODE8
  [0x8e, (m, input) => skipBytes(m, input, input.length64())], // BINBYTES8
  [0x8f, (m) => m.push({ kind: 'opaque', type: 'set' })], // EMPTY_SET
  [0x90, (m) => addItems(m)], // ADDITEMS
  [0x91, (m) => addFrozenSet(m)], // FROZENSET
  [0x93, (m) => pushStackGlobal(m)], // STACK_GLOBAL
  [0x94, (m) => m.remember()], // MEMOIZE
  [0x95, (_, input) => void input.length64()], // FRAME: how much is to follow, for those who read in pieces
  [0x96, (m, input) => skipBytes(m, input, input.length64())], // BYTEARRAY8
]);

/** What makes an object of a class: only where such objects are taken as inert data. */
export const objectOpcodes: ReadonlyMap<number, Run> = new Map<number, Run>([
  [0x81, (m) => m.reduce()], // NEWOBJ: a class and its arguments, as a call has them
]);

/** What is not accepted: text opcodes of protocols 0 and 1, and whatever makes objects of classes. */
const refusedNames: ReadonlyMap<number, string> = new Map([
  [0x46, 'FLOAT'],
  [0x49, 'INT'],
  [0x4c, 'LONG'],
  [0x50, 'PERSID'],
  [0x53, 'STRING'],
  [0x56, 'UNICODE'],
  [0x64, 'DICT'],
  [0x67, 'GET'],
  [0x69, 'INST'],
  [0x6c, 'LIST'],
  [0x6f, 'OBJ'],
  [0x70, 'PUT'],
  [0x81, 'NEWOBJ'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
  [0x92, 'NEWOBJ_EX'],
  [0x97, 'NEXT_BUFFER'],
  [0x98, 'READONLY_BUFFER'],
]);

export function opcodeName(code: number): string {
  const number = `0x${code.toString(16).padStart(2, '0')}`;
  const name = refusedNames.get(code);
  return name === undefined ? number : `${name} (${number})`;
}

function checkProtocol(version: number): void {
  if (version > 5) throw new PickleFault(`pickle protocol ${version}`);
}

function skipBytes(machine: PickleMachine, input: PickleInput, lengthBytes: number): void {
  const startBytes = input.atBytes;
  input.skip(lengthBytes);
  machine.push({ kind: 'opaque', type: 'bytes', span: { startBytes, lengthBytes } });
}

/** Sets are not kept, so a tensor in one would be lost without a word. */
function checkSetItems(items: readonly PickleValue[]): void {
  const other = items.find((item) => typeof item === 'object' && item !== null);
  if (other !== undefined) throw new PickleFault(`${kindOf(other)} in a set`);
}

function addItems(machine: PickleMachine): void {
  checkSetItems(machine.popToMark());
  const set = machine.top();
  if (typeof set !== 'object' || set === null || set.kind !== 'opaque' || set.type !== 'set') {
    throw new PickleFault(`items added to ${kindOf(set)}`);
  }
}

function addFrozenSet(machine: PickleMachine): void {
  checkSetItems(machine.popToMark());
  machine.push({ kind: 'opaque', type: 'set' });
}

function pushStackGlobal(machine: PickleMachine): void {
  const [module, name] = machine.popSome(2);
  if (typeof module !== 'string' || typeof name !== 'string') throw new PickleFault('a global without a name');
  machine.pushGlobal(module, name);
}
