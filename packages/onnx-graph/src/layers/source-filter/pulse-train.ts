import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { GraphTensor } from '../../graph/graph-types.ts';
import {
  add,
  divide,
  exp,
  floor,
  maximum,
  minimum,
  multiply,
  remainder,
  sin,
  sqrt,
  subtract,
} from '../../ops/elementwise.ts';
import { cumulativeSum } from '../../ops/lookup.ts';
import { cast } from '../../ops/matrix.ts';
import { slice } from '../../ops/shape.ts';
import type { ExcitationConfig } from './excitation-config.ts';
/**
 * Pulses of unit power at a given pitch: `log pitch [hops, 1]`, ln of Hz, `→ samples [hops, hop]`. A pulse is
 * exp(−2 k sin²(phase / 2)), close to a Gaussian of a fixed width in samples.
 *
 * Phases are whole numbers of parts of a cycle. Their sum is exact, so that a stream has the pulses of the whole however
 * it is cut. All rows are a whole number of vectors wide for the same reason (see `padLast`).
 */
export function pulseTrain(
  g: GraphBuilder,
  logPitch: GraphTensor,
  clock: { readonly sampleRateHz: number; readonly hopSamples: number },
  { lowestHz, highestHz, pulseDeviationSamples, cycleSteps }: ExcitationConfig,
): GraphTensor {
  const { sampleRateHz, hopSamples } = clock;
  const everySample = multiply(g, logPitch, g.constant(new Float32Array(hopSamples).fill(1), [1, hopSamples]));
  const inRange = minimum(g, maximum(g, everySample, g.scalar(Math.log(lowestHz))), g.scalar(Math.log(highestHz)));
  const pitchHz = exp(g, inRange);
  const stepsPerHz = g.scalar((hopSamples / sampleRateHz) * cycleSteps);
  const increments = cast(g, add(g, multiply(g, pitchHz, stepsPerHz), g.scalar(0.5)), 'int32');
  const phases = phasesBefore(g, increments, cycleSteps);

  const partOfHop = g.constant(
    Float32Array.from({ length: hopSamples }, (_, n) => n / hopSamples),
    [1, hopSamples],
  );
  const steps = add(g, cast(g, phases, 'float32'), multiply(g, cast(g, increments, 'float32'), partOfHop));
  const cycles = multiply(g, steps, g.scalar(1 / cycleSteps));
  const fromPulse = subtract(g, cycles, floor(g, add(g, cycles, g.scalar(0.5))));
  const sine = sin(g, multiply(g, fromPulse, g.scalar(Math.PI)));

  const periodSamples = divide(g, g.scalar(sampleRateHz), pitchHz);
  const width = multiply(g, periodSamples, g.scalar(1 / (2 * Math.PI * pulseDeviationSamples)));
  const sharpness = multiply(g, multiply(g, width, width), g.scalar(-2));
  const scale = sqrt(g, multiply(g, periodSamples, g.scalar(1 / (Math.sqrt(Math.PI) * pulseDeviationSamples))));
  return multiply(g, scale, exp(g, multiply(g, sharpness, multiply(g, sine, sine))));
}

/** The phase with which each hop begins, in steps below `cycleSteps`: `[hops, hop] → [hops, hop]`, int32. */
function phasesBefore(g: GraphBuilder, increments: GraphTensor, cycleSteps: number): GraphTensor {
  const width = increments.shape[1] as number;
  const start = g.state('phase', 'float32', [1, width]);
  const modulus = g.constant(Int32Array.of(cycleSteps), []);
  const after = add(g, cumulativeSum(g, increments), cast(g, start.value, 'int32'));
  const last = slice(g, after, 0, { fromEnd: 1 }, { fromEnd: 0 });
  start.advance(cast(g, remainder(g, last, modulus), 'float32'));
  return remainder(g, subtract(g, after, increments), modulus);
}
