/**
 * The conditions that this process was started with (`node --conditions=name`, `-C name`, also in `NODE_OPTIONS`),
 * so that a plugin is imported through the same export as by any other import of the process.
 */
export function activeConditions(
  args: readonly string[] = process.execArgv,
  nodeOptions: string = process.env.NODE_OPTIONS ?? '',
): readonly string[] {
  const words = [...nodeOptions.split(/\s+/), ...args];
  const conditions: string[] = [];
  for (const [index, word] of words.entries()) {
    const joined = /^(?:--conditions|-C)=(.+)$/.exec(word)?.[1];
    const next = word === '--conditions' || word === '-C' ? words[index + 1] : undefined;
    const condition = joined ?? next;
    if (condition !== undefined && condition !== '') conditions.push(condition.replace(/^"|"$/g, ''));
  }
  return [...new Set(conditions)];
}
