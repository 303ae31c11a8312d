import { PickleFault } from './pickle-fault.ts';
import { type PickleInput, pickleInput } from './pickle-input.ts';
import { PickleMachine } from './pickle-machine.ts';
import { objectOpcodes, opcodeName, opcodes, stopOpcode } from './pickle-opcodes.ts';
import type { PickleContext, PickleValue } from './pickle-value.ts';

export interface ParsedPickle {
  readonly value: PickleValue;
  readonly endBytes: number;
}

/** Instructions in one pickle: those of a checkpoint of some 80,000 tensors. */
const maximumInstructions = 4_000_000;

/**
 * Reads one pickle as data. Nothing is imported and nothing is run: a class or function is one of `context.globals`, or
 * the pickle is refused. Work and memory are bounded by the bytes given and by limits on instructions and values.
 * @throws PickleFault; PickleUnfinished when the bytes end before the pickle does
 * Source: python/cpython, `Lib/pickletools.py` (the opcodes) and `Lib/pickle.py` (`_Unpickler`), protocols 2 to 5.
 */
export function parsePickle(bytes: Uint8Array, startBytes: number, context: PickleContext): ParsedPickle {
  const input: PickleInput = pickleInput(bytes, startBytes);
  const machine = new PickleMachine(context);
  for (let count = 0; count < maximumInstructions; count++) {
    const opcodeBytes = input.atBytes;
    const code = input.byte();
    if (code === stopOpcode) return { value: machine.finish(), endBytes: input.atBytes };
    const run = opcodes.get(code) ?? (context.onObject === undefined ? undefined : objectOpcodes.get(code));
    if (run === undefined) throw new PickleFault(`the opcode ${opcodeName(code)} at byte ${opcodeBytes}`, true);
    run(machine, input);
  }
  throw new PickleFault(`more than ${maximumInstructions} instructions`);
}
