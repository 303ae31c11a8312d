import type { CliContext } from '../context.ts';

/** Rises when a field of any `--json` document changes its meaning or goes away; new fields do not raise it. */
const jsonSchemaVersion = 1;

/** Writes the one document of a `--json` run. Values that are not known are left out; there is no NaN. */
export async function printJson(context: CliContext, command: string, document: object): Promise<void> {
  const whole = { schemaVersion: jsonSchemaVersion, command, ...document };
  await context.print(JSON.stringify(whole, null, 2));
}
