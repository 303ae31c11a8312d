import type { GraphSession } from '@speech-tokens/onnx-graph';

/** Loads several graphs at a time; where one cannot be loaded, the others are closed again and its error is thrown. */
export async function openAll(
  openings: readonly (() => Promise<GraphSession>)[],
): Promise<{ readonly sessions: readonly GraphSession[]; close(): Promise<void> }> {
  const opening = await Promise.allSettled(openings.map((open) => open()));
  const sessions = opening.flatMap((opened) => (opened.status === 'fulfilled' ? [opened.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(sessions.map((session) => session.close()));
  };
  const failed = opening.find((opened) => opened.status === 'rejected');
  if (failed === undefined) return { sessions, close };
  await close();
  throw failed.reason;
}
