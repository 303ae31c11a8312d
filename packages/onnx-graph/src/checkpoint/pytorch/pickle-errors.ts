import { checkpointError } from '../checkpoint-fault.ts';
import { PickleFault, PickleUnfinished } from './pickle-fault.ts';

/** The index of a checkpoint has some hundred bytes per tensor. */
export const maximumPickleBytes: number = 64 << 20;

/** Runs a step of reading, and makes its faults the typed errors of a checkpoint. */
export function asCheckpointError<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof PickleUnfinished) {
      throw checkpointError(path, { problem: 'The PyTorch checkpoint is cut off', found: cause.message, cause });
    }
    if (!(cause instanceof PickleFault)) throw cause;
    throw checkpointError(path, {
      problem: cause.isRefusal
        ? 'The PyTorch checkpoint holds more than tensors and plain containers, and pickles are never run'
        : 'The pickle of the PyTorch checkpoint cannot be read',
      found: cause.message,
      wanted: 'tensors in dictionaries, lists and tuples, beside numbers and text',
      remedy: cause.isRefusal
        ? 'Use the weights as safetensors, or a file with nothing but the state_dict'
        : 'Get the file again, or write it anew with the program that made it',
      cause,
    });
  }
}
