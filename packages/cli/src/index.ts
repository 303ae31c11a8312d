export { BrokenPipeError, type CliInput, type CliOptions, type CliOutput, TerminatedError } from './context.ts';
export { type ExitCode, exitCodes } from './exit-codes.ts';
export { runCli } from './run-cli.ts';
export type { Environment } from './terminal/capabilities.ts';
