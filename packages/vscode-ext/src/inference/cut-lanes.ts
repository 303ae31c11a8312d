import { type TokenLane, tokenStart } from '@speech-tokens/token-view';

/** Lanes in parts that follow each other, of about so many tokens in all lanes together. */
export function* cutLanes(lanes: readonly TokenLane[], mostTokens: number): Generator<readonly TokenLane[]> {
  const tokenCount = lanes.reduce((sum, { ids }) => sum + ids.length, 0);
  const parts = Math.max(1, Math.ceil(tokenCount / mostTokens));
  for (let part = 0; part < parts; part++) {
    yield lanes.map((lane) => {
      const at = (share: number): number => Math.floor((lane.ids.length * share) / parts);
      const [first, end] = [at(part), at(part + 1)];
      const { boundaries } = lane;
      return {
        ...lane,
        ids: lane.ids.subarray(first, end),
        firstSample: tokenStart(lane, first),
        ...(boundaries === undefined ? {} : { boundaries: boundaries.subarray(first, end + 1) }),
      };
    });
  }
}
