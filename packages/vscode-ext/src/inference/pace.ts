/** Progress is told, and lanes that fill in grow, so often: each message takes a little of the time in which pictures are drawn. */
const tellMilliseconds = 250;

/** Whether it is time to tell again, since it was last so. The first time, it is. */
export function createPace(): () => boolean {
  let toldAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - toldAt < tellMilliseconds) return false;
    toldAt = now;
    return true;
  };
}
