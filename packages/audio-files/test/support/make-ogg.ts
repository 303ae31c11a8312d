import { bytesOf, number } from './make-wav.ts';

/** One page for each list of packets, with right check sums; the granule belongs to the end of the page. */
export function makeOgg(
  pages: readonly { readonly packets: readonly Uint8Array[]; readonly granule: number }[],
): Uint8Array {
  return bytesOf(
    ...pages.map(({ packets, granule }, index) => {
      const lacing = packets.flatMap(({ length }) => [
        ...new Array<number>(Math.floor(length / 255)).fill(255),
        length % 255,
      ]);
      const flags = (index === 0 ? 2 : 0) | (index === pages.length - 1 ? 4 : 0);
      const head = ['OggS', [0, flags], number(granule, 8), number(77, 4), number(index, 4)] as const;
      const tail = [[lacing.length], lacing, ...packets] as const;
      return bytesOf(...head, number(crc(bytesOf(...head, [0, 0, 0, 0], ...tail)), 4), ...tail);
    }),
  );
}

function crc(bytes: Uint8Array): number {
  let sum = 0n;
  for (const byte of bytes) {
    sum ^= BigInt(byte) << 24n;
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x80000000n ? ((sum << 1n) ^ 0x104c11db7n) & 0xffffffffn : sum << 1n;
  }
  return Number(sum);
}
