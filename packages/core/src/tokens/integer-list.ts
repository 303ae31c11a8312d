type IntegerBlock = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Bytes of an unsigned integer. */
export type IntegerWidthBytes = 1 | 2 | 4;

/** The fewest bytes that hold all integers below `bound`; 1 ≤ bound ≤ 2^32. */
export function integerWidthBytes(bound: number): IntegerWidthBytes {
  return bound <= 2 ** 8 ? 1 : bound <= 2 ** 16 ? 2 : 4;
}

/** A growing list of unsigned integers, in blocks, so that growing copies nothing. */
export interface IntegerList {
  readonly length: number;
  /** 0 where the list is empty. */
  readonly maximum: number;
  readonly last: number | undefined;
  /** Appends `values` from index `from`. Each must fit the width. */
  append(values: Uint32Array, from?: number): void;
  replaceLast(value: number): void;
  /** The numbers in order; the blocks belong to the list. */
  blocks(): Iterable<IntegerBlock>;
  toUint32Array(): Uint32Array<ArrayBuffer>;
}

const firstBlockLength = 1024;
const maximumBlockLength = 65_536;

export function createIntegerList(widthBytes: IntegerWidthBytes): IntegerList {
  const blocks: IntegerBlock[] = [];
  /** Numbers in the last block. */
  let filled = 0;
  let length = 0;
  let maximum = 0;

  const addBlock = (): IntegerBlock => {
    const blockLength = Math.min(maximumBlockLength, firstBlockLength * 2 ** Math.min(blocks.length, 16));
    const block =
      widthBytes === 1
        ? new Uint8Array(blockLength)
        : widthBytes === 2
          ? new Uint16Array(blockLength)
          : new Uint32Array(blockLength);
    blocks.push(block);
    filled = 0;
    return block;
  };
  function* used(): Generator<IntegerBlock> {
    for (const block of blocks) yield block === blocks.at(-1) ? block.subarray(0, filled) : block;
  }

  return {
    get length() {
      return length;
    },
    get maximum() {
      return maximum;
    },
    get last() {
      return blocks.at(-1)?.[filled - 1];
    },
    append(values, from = 0) {
      let block = blocks.at(-1);
      for (let i = from; i < values.length; i++) {
        if (block === undefined || filled === block.length) block = addBlock();
        const value = values[i] as number;
        if (value > maximum) maximum = value;
        block[filled++] = value;
        length++;
      }
    },
    replaceLast(value) {
      const block = blocks.at(-1);
      if (block === undefined) throw new RangeError('the list is empty');
      block[filled - 1] = value;
      maximum = Math.max(maximum, value);
    },
    blocks: used,
    toUint32Array() {
      const all = new Uint32Array(length);
      let offset = 0;
      for (const block of used()) {
        all.set(block, offset);
        offset += block.length;
      }
      return all;
    },
  };
}
