import { delimiter } from 'node:path';

/**
 * The environment of everything that is started from here.
 * @param {readonly string[]} firstInPath folders that come before the machine's own
 * @param {NodeJS.ProcessEnv} base
 * @returns {NodeJS.ProcessEnv}
 */
export function childEnvironment(firstInPath, base = process.env) {
  /** @type {NodeJS.ProcessEnv} */
  const environment = { ...base };
  // Windows spells it `Path`; two spellings of one name would make it a matter of luck which one counts.
  const pathKeys = Object.keys(environment).filter((key) => key.toUpperCase() === 'PATH');
  const machinePath = pathKeys.map((key) => environment[key]).find((value) => value !== undefined);
  for (const key of pathKeys) delete environment[key];
  environment.PATH = [...firstInPath, machinePath].filter(Boolean).join(delimiter);

  // Its install script would fetch CUDA libraries of several hundred megabytes from outside the npm registry.
  environment.ONNXRUNTIME_NODE_INSTALL = 'skip';
  environment.TURBO_TELEMETRY_DISABLED = '1';
  environment.TURBO_NO_UPDATE_NOTIFIER = '1';
  environment.DO_NOT_TRACK = '1';
  // Without it, ONNX Runtime 1.30 sends usage data to its maker, from Linux too. It does not ask DO_NOT_TRACK.
  environment.ORT_DISABLE_TELEMETRY = '1';
  // Scripts that turbo starts through pnpm must not begin an install of their own: the set-up has done it.
  environment.pnpm_config_verify_deps_before_run = 'false';
  // pnpm reads .npmrc files as npm does, but not the variables that npm sets from its own command line.
  const registry = base.npm_config_registry;
  if (registry !== undefined) environment.pnpm_config_registry ??= registry;
  return environment;
}
