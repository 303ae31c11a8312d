import type { Progress } from '../contract/call-options.ts';
import { expectThat } from './expectations.ts';

/** Progress that a call reports never falls, and never passes its total. */
export async function expectRisingProgress(
  start: (onProgress: (progress: Progress) => void) => Promise<unknown>,
): Promise<void> {
  const reports: Progress[] = [];
  await start((progress) => reports.push({ ...progress }));
  const doneByStage = new Map<string, number>();
  for (const { stage, done, total, unit } of reports) {
    const before = doneByStage.get(stage) ?? 0;
    expectThat(
      done >= before && done <= (total ?? done),
      `Progress of stage ${stage} runs backwards or too far`,
      () => ({
        found: `${done} of ${total ?? 'an unknown number of'} ${unit} after ${before}`,
        wanted: 'a number that does not fall, at most the total',
      }),
    );
    doneByStage.set(stage, done);
  }
}
