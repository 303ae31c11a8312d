import { access, constants, statfs } from 'node:fs/promises';
import { release } from 'node:os';
import { dirname } from 'node:path';
import type { NodeModelStore } from '@speech-tokens/core/node';
import { loadRuntime } from '@speech-tokens/onnx-graph';
import type { CliContext } from '../context.ts';
import { messageOf } from '../report-error.ts';
import type { Environment } from '../terminal/capabilities.ts';
import { formatBytes } from '../terminal/figures.ts';
import { cliVersion } from '../version.ts';
import { type Finding, ok, problem, warning } from './findings.ts';

const wantedNodeMajor = 22;
/** Below this a download of a middling model may not fit. */
const littleSpaceBytes = 1e9;

export function examineNode(): Finding {
  const { node } = process.versions;
  const found = `${node} on ${process.platform}-${process.arch} (${release()}), speech-tokens ${cliVersion()}`;
  if (Number(node.split('.')[0]) >= wantedNodeMajor) return ok('node', 'Node.js', found);
  return problem('node', 'Node.js', found, `Install Node.js ${wantedNodeMajor} or later from https://nodejs.org`);
}

export async function examineRuntime(): Promise<Finding> {
  try {
    const { env } = await loadRuntime();
    const version = (env.versions as { readonly [name: string]: string | undefined })['node'] ?? 'of unknown version';
    return ok('inference', 'ONNX Runtime', `onnxruntime-node ${version} loads`);
  } catch (error) {
    return problem(
      'inference',
      'ONNX Runtime',
      messageOf(error),
      'Reinstall onnxruntime-node (npm install), on a platform that it supports; on Linux it needs glibc, not musl',
    );
  }
}

export async function examineCache(cacheDirectory: string): Promise<Finding> {
  const existing = await firstExisting(cacheDirectory);
  try {
    await access(existing, constants.W_OK);
  } catch {
    return problem(
      'cache',
      'Model cache',
      `${cacheDirectory} cannot be written`,
      'Check its permissions, or set SPEECH_TOKENS_CACHE to a folder that can be written',
    );
  }
  const state = existing === cacheDirectory ? '' : ' (not made yet)';
  const free = await statfs(existing).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
  if (free === undefined) return ok('cache', 'Model cache', `${cacheDirectory}${state}, free space not known`);
  const found = `${cacheDirectory}${state}, ${formatBytes(free)} free`;
  if (free >= littleSpaceBytes) return ok('cache', 'Model cache', found);
  return warning('cache', 'Model cache', found, 'Make room, or set SPEECH_TOKENS_CACHE to a folder on another disk');
}

async function firstExisting(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const isThere = await access(folder).then(
      () => true,
      () => false,
    );
    if (isThere || dirname(folder) === folder) return folder;
  }
}

/** Settings that change where models come from, and whether they may. The value of a token is not shown. */
export function examineSettings(env: Environment, store: NodeModelStore): readonly Finding[] {
  const network = store.isOffline
    ? warning(
        'offline',
        'Network',
        'offline: nothing is downloaded',
        'Unset SPEECH_TOKENS_OFFLINE and HF_HUB_OFFLINE when a model has to be downloaded',
      )
    : ok('offline', 'Network', 'downloads are made after you agree (asked at the terminal, or --yes)');
  const names = ['SPEECH_TOKENS_CACHE', 'HF_HOME', 'HF_HUB_CACHE', 'HF_ENDPOINT'];
  const shown = names.filter((name) => env[name]).map((name) => `${name}=${env[name]}`);
  const secret = env['HF_TOKEN'] ? ['HF_TOKEN is set'] : [];
  const found = [...shown, ...secret].join(', ') || 'none of SPEECH_TOKENS_CACHE, HF_HOME, HF_ENDPOINT, HF_TOKEN';
  return [network, ok('settings', 'Settings', found)];
}

export function examineTerminal({ out, env }: CliContext): Finding {
  const { isTerminal, colourDepth, width, unicode } = out.capabilities;
  const colours = { 1: 'no colours', 4: '16 colours', 8: '256 colours', 24: 'true colour' }[colourDepth];
  const found = `${isTerminal ? 'a terminal' : 'not a terminal'}, ${width} columns, ${colours}, ${unicode ? 'Unicode' : 'ASCII only'}`;
  const isPlain = isTerminal && colourDepth === 1 && !env['NO_COLOR'] && env['FORCE_COLOR'] === undefined;
  if (!isPlain) return ok('terminal', 'Terminal', found);
  return warning(
    'terminal',
    'Terminal',
    found,
    'Pictures are drawn with letters; set FORCE_COLOR=3 if it can show colours',
  );
}
