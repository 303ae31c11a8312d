/**
 * The names that someone may have meant, nearest first: those that contain what was asked for or are contained in
 * it, and those within an edit distance of two fifths of its length.
 */
export function nearestNames(wanted: string, names: readonly string[], limit = 3): readonly string[] {
  const folded = wanted.toLowerCase();
  const reach = Math.max(2, Math.floor(folded.length * 0.4));
  return [...new Set(names)]
    .map((name) => {
      const candidate = name.toLowerCase();
      const contains = folded !== '' && (candidate.includes(folded) || folded.includes(candidate));
      const distance = editDistance(folded, candidate);
      return { name, distance, isNear: contains || distance <= reach };
    })
    .filter(({ isNear }) => isNear)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({ name }) => name);
}

/** How many insertions, deletions, replacements and swaps of neighbours lead from one text to the other. */
export function editDistance(a: string, b: string): number {
  // Optimal string alignment: the last two rows of the table are enough.
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      let cost = Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + (isSame ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, beforePrevious[column - 2]! + 1);
      }
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}
