import type { AudioClip } from '../audio/audio-clip.ts';
import type { SpeechDetokenizerV1 } from '../contract/speech-detokenizer.ts';
import type { Component, LoadContext } from '../contract/speech-plugin.ts';
import type { SpeechTokenizerV1 } from '../contract/speech-tokenizer.ts';
import { createRandom } from '../random/seeded-random.ts';
import { callControlChecks } from './checks/call-control.ts';
import { callResultChecks } from './checks/call-results.ts';
import { badGrids, detokenizerChecks } from './checks/detokenizer-checks.ts';
import { pairChecks } from './checks/pair-checks.ts';
import { componentChecks, type LoadedComponent, pluginChecks } from './checks/plugin-checks.ts';
import { streamControlChecks } from './checks/stream-control.ts';
import { streamLatencyChecks } from './checks/stream-latency.ts';
import { streamResultChecks } from './checks/stream-results.ts';
import { streamStateChecks } from './checks/stream-state.ts';
import { badClips, tokenizerChecks } from './checks/tokenizer-checks.ts';
import type { ConformanceCheck } from './conformance-check.ts';
import { createDetokenizerSide, type DetokenizerSide, type MakeGrid } from './detokenizer-side.ts';
import { describeThrown } from './expectations.ts';
import type { ConformanceSubject, PluginSubject } from './subject.ts';
import { createTokenizerSide, type TokenizerSide } from './tokenizer-side.ts';

/** One check of one subject, ready to run. */
export interface PlannedCheck {
  /** Whom it is about, for example `tokenizer rvq:speech-16khz`. */
  readonly subject: string;
  readonly id: string;
  readonly title: string;
  /** Resolves to `true` when the check has passed, or to why it was skipped; rejects when it has failed. */
  run(): Promise<true | string>;
}

/** Everything that there is to check of a subject, in order, and the way to free what it loaded. */
export interface ConformancePlan {
  readonly checks: readonly PlannedCheck[];
  close(): Promise<void>;
}

const allTokenizerChecks: readonly ConformanceCheck<TokenizerSide>[] = [
  ...tokenizerChecks,
  ...callResultChecks<AudioClip, never, never, never>('tokenizer'),
  ...callControlChecks<AudioClip, never, never, never>('tokenizer'),
] as never;

void allTokenizerChecks;
export type { Component, LoadContext, SpeechDetokenizerV1, SpeechTokenizerV1, PluginSubject, MakeGrid, LoadedComponent };
void [badGrids, detokenizerChecks, pairChecks, componentChecks, pluginChecks, streamControlChecks, streamLatencyChecks, streamResultChecks, streamStateChecks, badClips, createDetokenizerSide, describeThrown, createTokenizerSide, createRandom];
export type { ConformanceSubject, DetokenizerSide };
