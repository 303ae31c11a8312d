/** The lines around the first place where two texts differ, marked as in a diff. */
export function firstDifference(before: string, after: string, contextLines = 3, changedLines = 12): string {
  const old = before.split('\n');
  const now = after.split('\n');
  let start = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start += 1;
  let common = 0;
  while (
    common < Math.min(old.length, now.length) - start &&
    old[old.length - 1 - common] === now[now.length - 1 - common]
  ) {
    common += 1;
  }
  const removed = old.slice(start, old.length - common).map((line) => `- ${line}`);
  const added = now.slice(start, now.length - common).map((line) => `+ ${line}`);
  const context = old.slice(Math.max(0, start - contextLines), start).map((line) => `  ${line}`);
  return [
    `@@ line ${start + 1} @@`,
    ...context,
    ...shortened(removed, changedLines),
    ...shortened(added, changedLines),
  ].join('\n');
}

function shortened(lines: readonly string[], limit: number): readonly string[] {
  return lines.length <= limit ? lines : [...lines.slice(0, limit), `… ${lines.length - limit} lines more`];
}
