import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run, slowPlugin, stepsPlugin, temporaryFolder, toneWav } from './command-line.ts';

const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url));
const recording = fileURLToPath(new URL('../../../examples/audio/english-conference.wav', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts the command as a process of its own, from its sources. */
function start(
  argv: readonly string[],
  cwd: string,
  { env = {}, nodeOptions = [] }: { env?: Record<string, string>; nodeOptions?: readonly string[] } = {},
): Started {
  const words = [
    '--conditions=@speech-tokens/source',
    '--disable-warning=ExperimentalWarning',
    ...nodeOptions,
    bin,
    ...argv,
  ];
  const child = spawn(process.execPath, words, {
    cwd,
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      SPEECH_TOKENS_CACHE: join(cwd, 'cache'),
      SPEECH_TOKENS_OFFLINE: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (text) => (texts[name] += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts }));
  return { child, ended };
}

async function appearance(path: string): Promise<void> {
  while (!(await stat(path).catch(() => undefined))) await pause(20);
}

describe('as a process', () => {
  it('tokenizes with the bundled tokenizer, shows it, and decodes it', async () => {
    const cwd = await temporaryFolder();
    const tokens = join(cwd, 'conference.tokens.safetensors');
    const made = await start(['tokenize', recording, '--out', tokens], cwd).ended;
    expect(made).toMatchObject({ code: 0, stdout: 'conference.tokens.safetensors\n' });
    const shown = await start(['inspect', tokens, '--json'], cwd).ended;
    const { durationSeconds, tokens: groups } = JSON.parse(shown.stdout);
    expect(durationSeconds).toBeGreaterThan(3);
    expect(groups[0].codebooks).toHaveLength(8);
    const decoded = await start(['detokenize', tokens, '--codebooks', '4', '--json'], cwd).ended;
    expect(JSON.parse(decoded.stdout).results).toMatchObject([
      { codebookCount: 4, sampleRateHz: 16_000, durationSeconds },
    ]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves nothing behind after %s, and ends with %i', async (signal, code) => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'tone.wav'), toneWav(120, 8000));
    await run(['tokenize', 'tone.wav', '--tokenizer', 'steps:mean', '--plugins', stepsPlugin], { cwd });
    await mkdir(join(cwd, 'out'));
    const marker = join(cwd, 'marker');
    const argv = ['detokenize', 'tone.tokens.safetensors', '--plugins', slowPlugin, '--out', 'out/'];
    const { child, ended } = start(argv, cwd, { env: { STEPS_SLOW_MARKER: marker } });
    await appearance(marker);
    // It is in the middle of writing.
    expect(await readdir(join(cwd, 'out'))).toHaveLength(1);
    child.kill(signal);
    expect(await ended).toEqual({ code, stdout: '', stderr: '' });
    expect(await readdir(join(cwd, 'out'))).toEqual([]);
  });

  it('ends quietly when its reader goes away', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'tone.wav'), toneWav(3));
    const { child, ended } = start(['inspect', 'tone.wav', '--tokenizer', 'steps:mean', '--plugins', stepsPlugin], cwd);
    child.stdout!.destroy();
    expect(await ended).toEqual({ code: 141, stdout: '', stderr: '' });
  });

  it('says which Node.js it needs on an older one', async () => {
    const cwd = await temporaryFolder();
    const older = "data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.11.1' })";
    const { code, stderr } = await start(['--help'], cwd, { nodeOptions: ['--import', older] }).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/needs Node\.js 22 or later; this is 20\.11\.1/);
  });

  it('prints its version, and helps with every command', async () => {
    const cwd = await temporaryFolder();
    expect(await start(['--version'], cwd).ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    const help = await run(['--help'], { cwd });
    const commands = [...help.stdout.matchAll(/^ {2}([a-z]+) .*\S/gm)]
      .map(([, name]) => name!)
      .filter((name) => name !== 'help');
    expect(commands).toEqual(
      expect.arrayContaining(['tokenize', 'detokenize', 'inspect', 'compare', 'models', 'doctor']),
    );
    for (const command of ['tokenize', 'detokenize', 'inspect', 'compare', 'tokenizers', 'models', 'check', 'doctor']) {
      const { code, stdout } = await run([command, '--help'], { cwd });
      expect(code).toBe(0);
      expect(stdout).toContain(`speech-tokens ${command}`);
    }
  });
});
