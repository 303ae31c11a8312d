import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brokenPlugin, keptPlugin, run, stepsPlugin, temporaryFolder } from './command-line.ts';

/** A project that depends on the plugin, as npm would install it. */
async function projectWithPlugin(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'node_modules'));
  await symlink(stepsPlugin, join(folder, 'node_modules', 'speech-tokens-plugin-steps'), 'dir');
  const dependencies = { 'speech-tokens-plugin-steps': '^1.0.0' };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'a-project', dependencies }));
  return folder;
}

describe('tokenizers', () => {
  it('finds plugins in --plugins, in a project given there, and in the current folder', async () => {
    const [empty, project] = [await temporaryFolder(), await projectWithPlugin()];
    for (const [argv, cwd] of [
      [['--plugins', stepsPlugin], empty],
      [['--plugins', project], empty],
      [[], project],
    ] as const) {
      const { code, stdout } = await run(['tokenizers', ...argv], { cwd });
      expect(code).toBe(0);
      expect(stdout).toMatch(/^steps:mean {2}The mean of each 10 ms, in three steps$/m);
      expect(stdout).toMatch(/tokens +3 × 16 at 100 frames\/s, 1\.20 kbit\/s/);
      expect(stdout).toMatch(/streaming +yes, latency 10 ms/);
      expect(stdout).toMatch(/package +speech-tokens-plugin-steps 1\.2\.3/);
    }
  });

  it('lists them as JSON, with what is broken beside', async () => {
    const cwd = await temporaryFolder();
    const argv = ['tokenizers', '--json', '--plugins', stepsPlugin, '--plugins', brokenPlugin];
    const { code, stdout } = await run(argv, { cwd });
    expect(code).toBe(0);
    const { tokenizers, problems, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ schemaVersion: 1, command: 'tokenizers' });
    expect(tokenizers.find(({ id }: { id: string }) => id === 'steps:mean')).toEqual({
      id: 'steps:mean',
      title: 'The mean of each 10 ms, in three steps',
      package: 'speech-tokens-plugin-steps',
      version: '1.2.3',
      directory: stepsPlugin,
      isDefault: false,
      tokenSpace: 'steps:mean#1',
      sampleRateHz: 8000,
      codebooks: [0, 1, 2].map((index) => ({ name: `step-${index}`, size: 16, frameRateHz: 100 })),
      prefixDecodable: true,
      bitrateBps: 1200,
      latencySeconds: 0.01,
      modelSizeBytes: 0,
      licences: [],
      hasDetokenizer: true,
    });
    const broken = problems.find((problem: { package: string }) => problem.package === 'speech-tokens-plugin-broken');
    expect(broken.error).toMatchObject({ code: 'plugin-invalid' });
    expect(broken.error.message).toMatch(/this plugin cannot be imported/);
  });

  it('refuses a --plugins folder that is not there', async () => {
    const { code, stderr } = await run(['tokenizers', '--plugins', 'nowhere'], { cwd: await temporaryFolder() });
    expect(code).toBe(1);
    expect(stderr).toMatch(/--plugins nowhere is not a folder/);
  });
});

describe('check', () => {
  it('checks only the components that are named', async () => {
    const cwd = await temporaryFolder();
    const { stdout } = await run(['check', stepsPlugin, 'steps:mean', '--json'], { cwd });
    const { checks } = JSON.parse(stdout) as { checks: { subject: string }[] };
    const subjects = new Set(checks.map(({ subject }) => subject));
    expect([...subjects].some((subject) => subject.includes('steps:mean'))).toBe(true);
    expect([...subjects].filter((subject) => subject.includes('steps:') && !subject.includes('steps:mean'))).toEqual(
      [],
    );
    const wrong = await run(['check', stepsPlugin, 'steps:meen'], { cwd });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/no component with this id.*"steps:meen".*steps:mean/s);
  });

  it('reports broken promises and ends with 1', async () => {
    const cwd = await temporaryFolder();
    const { code, stdout } = await run(['check', stepsPlugin, '--json'], { cwd });
    expect(code).toBe(1);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ command: 'check', package: 'speech-tokens-plugin-steps', hasPassed: false });
    const statusOf = (title: RegExp, subject: string): string[] =>
      document.checks
        .filter((check: { title: string; subject: string }) => check.subject === subject && title.test(check.title))
        .map((check: { status: string }) => check.status);
    expect(statusOf(/^It loads/, 'tokenizer steps:mean')).toEqual(['passed']);
    // The small plugin makes no effort to refuse anything.
    expect(statusOf(/Audio in another format/, 'tokenizer steps:mean')).toEqual(['failed']);
    expect(statusOf(/any pieces/, 'tokenizer steps:whole')).not.toContain('passed');
  });

  it('ends with 0 where all that is promised is kept', async () => {
    const { code, stdout } = await run(['check', keptPlugin, '--json'], { cwd: await temporaryFolder() });
    expect(code).toBe(0);
    const { hasPassed, checks } = JSON.parse(stdout);
    expect(hasPassed).toBe(true);
    const isPassed = (check: { status: string }) => check.status === 'passed';
    expect(checks.filter(isPassed).length).toBeGreaterThan(20);
  });

  it('prints them for people, also of a package of the current project', async () => {
    const cwd = await projectWithPlugin();
    const { code, stdout } = await run(['check', 'speech-tokens-plugin-steps', '--quiet'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^speech-tokens-plugin-steps 1\.2\.3\n/);
    expect(stdout).toMatch(/^tokenizer steps:mean\n {2}✓ It loads/m);
    expect(stdout).toMatch(/^ {2}✗ .*\n {6}\S/m);
    expect(stdout).toMatch(/\d+ checks passed, \d+ failed/);
  });

  it('says what is wrong with a plugin that cannot be imported, and with a name that is none', async () => {
    const cwd = await temporaryFolder();
    const broken = await run(['check', brokenPlugin, '--json'], { cwd });
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.stdout)).toMatchObject({ command: 'check', error: { code: 'plugin-invalid' } });
    const unknown = await run(['check', 'speech-tokens-plugin-unknown'], { cwd });
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toMatch(/There is no plugin speech-tokens-plugin-unknown/);
  });
});

describe('doctor', () => {
  it('names what is wrong, and what to do', async () => {
    const cwd = await temporaryFolder();
    const argv = ['doctor', '--plugins', brokenPlugin];
    const { code, stdout } = await run(argv, { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✓ Node\.js/m);
    expect(stdout).toMatch(/^✗ Plugin .*this plugin cannot be imported.*\n.*→ Reinstall or upgrade/m);
    expect(stdout).toMatch(/^! Network .*offline/m);
    const { isHealthy, findings } = JSON.parse((await run([...argv, '--json'], { cwd })).stdout);
    expect(isHealthy).toBe(false);
    for (const { id, title, status, found, remedy } of findings) {
      expect([typeof id, typeof title, typeof found]).toEqual(['string', 'string', 'string']);
      expect(['ok', 'warning', 'problem']).toContain(status);
      expect(remedy === undefined).toBe(status === 'ok');
    }
  });
});
