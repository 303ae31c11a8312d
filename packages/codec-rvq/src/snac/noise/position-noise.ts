import { createRandom } from '@speech-tokens/core';
import { philox } from './philox.ts';

/** Standard normal noise whose value at a position follows from the seed and the position alone. */
export interface PositionNoise {
  /**
   * @param channel sources of one seed that are independent of each other; an integer in [0, 2^32)
   * @param start the first position, an integer from 0 below 2^53
   */
  draw(channel: number, start: number, count: number): Float32Array;
}

/** Equal seeds give equal noise, on every machine and however it is cut. */
export function createPositionNoise(seed: string | number): PositionNoise {
  const random = createRandom(seed);
  const key = [random.nextUint32(), random.nextUint32()] as const;
  const words = new Uint32Array(4);
  return {
    draw(channel, start, count) {
      const noise = new Float32Array(count);
      // Four neighbours come from one counter: two pairs by Box and Muller's transform.
      const end = start + count;
      for (let group = Math.floor(start / 4); group * 4 < end; group++) {
        words[0] = group;
        words[1] = Math.floor(group / 2 ** 32);
        words[2] = channel;
        words[3] = 0;
        philox(words, key);
        for (let pair = 0; pair < 2; pair++) {
          const radius = Math.sqrt(-2 * Math.log((words[2 * pair]! + 1) * 2 ** -32));
          const angle = words[2 * pair + 1]! * 2 ** -32 * 2 * Math.PI;
          const at = group * 4 + 2 * pair - start;
          // Writes outside of a typed array do nothing.
          noise[at] = radius * Math.cos(angle);
          noise[at + 1] = radius * Math.sin(angle);
        }
      }
      return noise;
    },
  };
}
