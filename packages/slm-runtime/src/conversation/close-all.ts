/** Closes all of them, also where one fails. @throws what the first failure threw */
export async function closeAll(sessions: readonly { close(): Promise<void> }[]): Promise<void> {
  const results = await Promise.allSettled(sessions.map(async (session) => session.close()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
