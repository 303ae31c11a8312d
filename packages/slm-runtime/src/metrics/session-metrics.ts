import { createQuantileSketch } from './quantile-sketch.ts';

/** How a session does. Times are of the clock that was given, in milliseconds. */
export interface MetricsReport {
  readonly stepCount: number;
  /** Times of single steps, within 1 %; absent before the first step. */
  readonly medianStepMs?: number;
  readonly p99StepMs?: number;
  /** From the last `request` to the first sound after it; absent until that came. */
  readonly timeToFirstAudioMs?: number;
  /** Sound that came out, in seconds. */
  readonly audioSeconds: number;
  /** Time that steps took for each second of sound: below 1 keeps up. Absent before the first sound. */
  readonly realTimeFactor?: number;
}

/** Counts what a session does, in memory that does not grow. */
export interface SessionMetrics {
  /** The model was asked to speak: time to first audio counts from here. */
  request(): void;
  /** A step begins. @returns to be called when it has ended; further calls do nothing */
  beginStep(): () => void;
  /** Sound came out. */
  audio(sampleCount: number, sampleRateHz: number): void;
  report(): MetricsReport;
}

/** @param nowMs a clock that never falls, such as `() => performance.now()` */
export function createSessionMetrics(nowMs: () => number): SessionMetrics {
  const steps = createQuantileSketch();
  const samplesByRate = new Map<number, number>();
  let stepMs = 0;
  let requestedMs: number | undefined;
  let firstAudioMs: number | undefined;
  return {
    request() {
      requestedMs = nowMs();
      firstAudioMs = undefined;
    },
    beginStep() {
      const startMs = nowMs();
      let isRunning = true;
      return () => {
        if (!isRunning) return;
        isRunning = false;
        const tookMs = nowMs() - startMs;
        steps.add(tookMs);
        stepMs += tookMs;
      };
    },
    audio(sampleCount, sampleRateHz) {
      if (sampleCount > 0) firstAudioMs ??= nowMs();
      samplesByRate.set(sampleRateHz, (samplesByRate.get(sampleRateHz) ?? 0) + sampleCount);
    },
    report() {
      let audioSeconds = 0;
      for (const [rateHz, samples] of samplesByRate) audioSeconds += samples / rateHz;
      const [medianStepMs, p99StepMs] = [steps.quantile(0.5), steps.quantile(0.99)];
      return {
        stepCount: steps.count,
        ...(medianStepMs === undefined ? {} : { medianStepMs }),
        ...(p99StepMs === undefined ? {} : { p99StepMs }),
        ...(requestedMs === undefined || firstAudioMs === undefined
          ? {}
          : { timeToFirstAudioMs: firstAudioMs - requestedMs }),
        audioSeconds,
        ...(audioSeconds === 0 ? {} : { realTimeFactor: stepMs / 1000 / audioSeconds }),
      };
    },
  };
}
