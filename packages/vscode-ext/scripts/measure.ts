// usage: RUN_WORKBENCH=1 node --conditions=@speech-tokens/source scripts/measure.ts [RECORDING] [--seconds 10,300,3600]: what
// the editor takes in the real workbench, as tables. A recording (16 kHz WAV by default, any format) is repeated to files of
// these lengths; without one, a sentence of the examples is.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createWavWriter, readAudioClip } from '@speech-tokens/audio-files';
import type { Frame, Page } from 'playwright-core';
import { chromiumPath, withoutChromium } from '../test/workbench/chromium-path.ts';
import { installWorkbench, packageExtension, skippedBecause } from '../test/workbench/install.ts';
import { frameOf, launchChromium, openAsTokens, startWorkbench, type Workbench } from '../test/workbench/workbench.ts';

const problem = skippedBecause ?? (chromiumPath === undefined ? withoutChromium : undefined);
if (problem !== undefined) throw new Error(problem);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '10,300,3600' } },
});
const lengths = values.seconds.split(',').map(Number);
const example = fileURLToPath(new URL('../../../examples/audio/sense-and-sensibility.wav', import.meta.url));
const patienceMs = 3_600_000;

const scratch = await mkdtemp(join(tmpdir(), 'measure-'));
const browser = await launchChromium(chromiumPath!);
try {
  const folder = join(scratch, 'recordings');
  await mkdir(folder);
  for (const seconds of lengths) await writeRepeated(positionals[0] ?? example, join(folder, nameOf(seconds)), seconds);
  const vsix = [await packageExtension(scratch)];
  const installed = await installWorkbench();
  for (const seconds of lengths) {
    // A workbench of its own: no model is loaded yet.
    const workbench = await startWorkbench({ installed, vsix, browser, isTrusted: true });
    try {
      const page = await workbench.open(folder);
      page.setDefaultTimeout(patienceMs);
      await measure(workbench, page, nameOf(seconds));
      await page.context().close();
    } finally {
      await workbench.close();
    }
  }
} finally {
  await browser.close();
  await rm(scratch, { recursive: true, force: true });
}

async function measure(workbench: Workbench, page: Page, name: string): Promise<void> {
  console.log(`\n${name}`);
  // The menu waits for the extension; what is measured starts with the choice in it.
  let openedAt = 0;
  const editor = await openAsTokens(page, name, undefined, () => {
    openedAt = performance.now();
  });
  const frame = await frameOf(editor);
  const since = (): string => `${((performance.now() - openedAt) / 1000).toFixed(2)} s`;
  const rows: [string, string][] = [];
  const note = (what: string, value: string): void => {
    rows.push([what, value]);
    console.log(`  ${what}: ${value}`);
  };
  const canvases = (count: number) =>
    frame.waitForFunction((least) => document.querySelectorAll('.token-view canvas').length >= least, count, {
      timeout: patienceMs,
      polling: 20,
    });
  await canvases(2);
  note('to the first of the waveform', since());
  await editor.locator('.token-view-label', { hasText: 'spectrogram' }).waitFor();
  note('to all of the waveform, and the spectrogram', since());
  await canvases(3 + 8);
  note('to the first tokens', since());
  if (name === nameOf(Math.max(...lengths))) await measureFrames(page, frame, 'while a tokenizer runs', note);
  await editor.getByRole('table', { name: /^Statistics of/ }).waitFor();
  note('to all tokens', since());
  await measureFrames(page, frame, 'at rest', note);
  const clock = editor.getByLabel('Playhead');
  await editor.getByRole('button', { name: 'Play', exact: true }).click();
  const pressedAt = performance.now();
  await editor.getByRole('button', { name: 'Pause' }).waitFor();
  const stopped = await clock.textContent();
  while ((await clock.textContent()) === stopped) await page.waitForTimeout(10);
  note('from Play to sound', `${Math.round(performance.now() - pressedAt)} ms`);
  await page.waitForTimeout(3000);
  for (const [process, megabytes] of await residentMemory(workbench)) note(`memory of ${process}`, `${megabytes} MB`);
}

/** Zooms to a few seconds in the middle and back, and scrolls, all with the wheel; the times between two pictures. */
async function measureFrames(
  page: Page,
  frame: Frame,
  when: string,
  note: (what: string, value: string) => void,
): Promise<void> {
  const track = (await frame.locator('.token-view-track').nth(1).boundingBox())!;
  // The box is that of the frame's element in the page.
  await page.mouse.move(track.x + track.width / 2, track.y + track.height / 2);
  const recorded = async (what: string, act: () => Promise<void>): Promise<void> => {
    await frame.evaluate(() => {
      const times: number[] = [];
      const recorder = { times, isOn: true };
      Object.assign(globalThis, { recorder });
      const next = (time: number): void => {
        times.push(time);
        if (recorder.isOn) requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    });
    await browser.startTracing(page, { categories: ['toplevel', '__metadata', 'v8'] });
    await act();
    const trace = await browser.stopTracing();
    const times = await frame.evaluate(() => {
      const { recorder } = globalThis as unknown as { recorder: { times: number[]; isOn: boolean } };
      recorder.isOn = false;
      return recorder.times;
    });
    // The first waits for the start of the movement.
    const frames = times.slice(2).map((time, i) => time - times[i + 1]!);
    note(`${what} ${when}, from one frame to the next`, spreadOf(frames));
    const { tasks, collections } = mainThreadTimes(trace);
    note(`${what} ${when}, tasks of the main thread on the processor`, spreadOf(tasks));
    note(`${what} ${when}, of which collections of garbage in all memory`, spreadOf(collections));
  };
  const wheel = async (key: string, count: number, by: number): Promise<void> => {
    await page.keyboard.down(key);
    for (let i = 0; i < count; i++) {
      await page.mouse.wheel(0, by);
      await page.waitForTimeout(16);
    }
    await page.keyboard.up(key);
    await page.waitForTimeout(500);
  };
  await recorded('zooming in', () => wheel('Control', 60, -50));
  await recorded('scrolling', () => wheel('Shift', 90, 120));
  await recorded('zooming out', () => wheel('Control', 70, 50));
}

function spreadOf(milliseconds: readonly number[]): string {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
  const slow = milliseconds.flatMap((time, i) => (time > 50 ? [`${time.toFixed(0)} ms at ${i}`] : []));
  const those =
    slow.length === 0 ? 'none' : `${slow.length} (${slow.slice(0, 4).join(', ')}${slow.length > 4 ? ', …' : ''})`;
  return `${sorted.length}: median ${at(0.5)} ms, 99 % ${at(0.99)} ms, longest ${at(1)} ms, over 50 ms: ${those}`;
}

/**
 * Processor time of each task on the main thread of the busiest page: what a frame takes where nothing else runs. The page has
 * one heap with the workbench around it: collections of all of it are named, as they are as long as that is large.
 */
function mainThreadTimes(trace: Buffer): {
  readonly tasks: readonly number[];
  readonly collections: readonly number[];
} {
  const { traceEvents } = JSON.parse(trace.toString()) as {
    traceEvents: { name: string; ph: string; pid: number; tid: number; tdur?: number; args?: { name?: string } }[];
  };
  const mains = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const times = mains.map(({ pid, tid }) => {
    const timesOf = (isOne: (name: string) => boolean): readonly number[] =>
      traceEvents
        .filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X' && isOne(event.name))
        // Shorter ones are no frames.
        .flatMap(({ tdur = 0 }) => (tdur < 1000 ? [] : [tdur / 1000]));
    return {
      tasks: timesOf((name) => name.endsWith('::RunTask')),
      collections: timesOf((name) => name === 'MajorGC'),
    };
  });
  const busyOf = ({ tasks }: (typeof times)[number]): number => tasks.reduce((sum, time) => sum + time, 0);
  return times.toSorted((a, b) => busyOf(b) - busyOf(a))[0] ?? { tasks: [], collections: [] };
}

/** RSS by process, from the largest; of the browser's pages the largest, which is that of the workbench and the webview. */
async function residentMemory(workbench: Workbench): Promise<readonly (readonly [string, number])[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const megabytesOf = async (pid: number): Promise<number> =>
    Math.round((Number((await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '')).split(' ')[1]) * 4096) / 1e6);
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => megabytesOf(id));
  const found: [string, number][] = [['the page (workbench and webview)', Math.max(...(await Promise.all(renderers)))]];
  for (const { pid, command } of await workbench.processes()) {
    const name = command.some((part) => part.endsWith('dist/inference/child.js'))
      ? `the ${command.at(-1)}`
      : command.includes('--type=extensionHost')
        ? 'the extension host'
        : undefined;
    if (name !== undefined) found.push([name, await megabytesOf(pid)]);
  }
  return found.sort(([, a], [, b]) => b - a);
}

function nameOf(seconds: number): string {
  return `${seconds}-seconds.wav`;
}

/** Writes a recording again and again, to a length. */
async function writeRepeated(from: string, path: string, seconds: number): Promise<void> {
  const { sampleRateHz, channels } = await readAudioClip(from);
  const sampleCount = seconds * sampleRateHz;
  const writer = await createWavWriter({ path, sampleRateHz, channelCount: channels.length, sampleFormat: 'int16' });
  for (let done = 0; done < sampleCount; ) {
    const count = Math.min(channels[0]!.length, sampleCount - done);
    await writer.write({ sampleRateHz, channels: channels.map((samples) => samples.subarray(0, count)) });
    done += count;
  }
  await writer.finish();
}
