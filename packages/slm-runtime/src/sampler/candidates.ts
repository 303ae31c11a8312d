/** Buckets of like weight per unit of the exponent. */
const bucketsPerUnit = 64;
const bucketWidth = 1 / bucketsPerUnit;
const sixth = 1 / 6;
/** From here on a weight is 0, as it is in float32: e^-104 is less than half of the smallest number there. */
const largestDistance = 104;
const bucketCount = largestDistance * bucketsPerUnit;
/**
 * e^-distance at the start of each bucket. Times 1 - rest + rest²/2 - rest³/6 it is e^-distance with an error below 3e-9 (float32
 * has 6e-8), in a third of the time of `Math.exp`, which alone would take longer than a step may.
 */
const weightOfBucket: Float64Array = Float64Array.from({ length: bucketCount }, (_, bucket) =>
  Math.exp(-bucket * bucketWidth),
);

/**
 * The ids that may be drawn. Their weights are summed in buckets of like probability, so that nothing is sorted but the
 * one bucket in which a limit falls. One is made for a sampler, and filled again at each step; distances are
 * (greatest score - score) / temperature.
 */
export class Candidates {
  readonly #massOfBucket: Float64Array = new Float64Array(bucketCount);
  #scores: Float32Array = new Float32Array(0);
  #least = 0;
  #largest = 0;
  #scale = 1;
  /** Buckets before it are kept whole, and of it these ids. */
  #limitBucket = 0;
  #limitIds: readonly number[] = [];
  /** The sum of the weights that are kept. */
  #mass = 0;

  /**
   * Takes all ids with at least the least score, as far as their weight is not 0.
   * @param scores in use until the id is drawn
   */
  fill(scores: Float32Array, leastScore: number, largest: number, temperature: number): void {
    this.#scores = scores;
    this.#largest = largest;
    this.#scale = 1 / temperature;
    // A little less than the last bucket's end, whatever the rounding.
    this.#least = Math.max(leastScore, largest - largestDistance * temperature * (1 - 1e-6));
    this.#massOfBucket.fill(0);
    this.#mass = addMasses(scores, this.#least, largest, this.#scale, this.#massOfBucket);
    this.#limitBucket = bucketCount;
    this.#limitIds = [];
  }

  /**
   * Keeps the fewest of the most probable ids whose probabilities add up to `probability` or more; of equal ones those
   * with the smallest ids.
   */
  keepNucleus(probability: number): void {
    const wanted = this.#mass * probability;
    let bucket = 0;
    let mass = 0;
    while (bucket < bucketCount - 1 && mass + (this.#massOfBucket[bucket] as number) < wanted) {
      mass += this.#massOfBucket[bucket++] as number;
    }
    const ids = this.#idsOf(bucket).sort((a, b) => this.#distance(a) - this.#distance(b) || a - b);
    let count = 0;
    while (count < ids.length && mass < wanted) mass += this.#weight(ids[count++] as number);
    this.#limitBucket = bucket;
    this.#limitIds = ids.slice(0, count);
    this.#mass = mass;
  }

  /** Keeps ids of at most this distance, which are never none. */
  keepWithin(distance: number): void {
    const bucket = Math.floor(distance * bucketsPerUnit);
    if (bucket > this.#limitBucket) return;
    const ids = bucket === this.#limitBucket ? this.#limitIds : this.#idsOf(bucket);
    this.#limitBucket = bucket;
    this.#limitIds = ids.filter((id) => this.#distance(id) <= distance);
    this.#mass = this.#limitIds.reduce((sum, id) => sum + this.#weight(id), 0);
    for (let whole = 0; whole < bucket; whole++) this.#mass += this.#massOfBucket[whole] as number;
  }

  /** The id at which the running sum of the weights that are kept passes `unit` of their total; 0 ≤ unit < 1. */
  draw(unit: number): number {
    let left = unit * this.#mass;
    let bucket = 0;
    while (bucket < this.#limitBucket && left >= (this.#massOfBucket[bucket] as number)) {
      left -= this.#massOfBucket[bucket++] as number;
    }
    const ids = bucket === this.#limitBucket ? this.#limitIds : this.#idsOf(bucket);
    for (const id of ids) {
      left -= this.#weight(id);
      if (left < 0) return id;
    }
    // Rounding may leave a little: it belongs to the last one.
    return ids.at(-1) ?? this.#scores.indexOf(this.#largest);
  }

  /** The ids of a bucket, the smallest first. */
  #idsOf(bucket: number): number[] {
    // Bounds that are a little too wide, whatever the rounding: only what lies within is looked at closely.
    const width = 1 / (bucketsPerUnit * this.#scale);
    const from = Math.max(this.#least, this.#largest - (bucket + 2) * width);
    const to = this.#largest - (bucket - 1) * width;
    return idsBetween(this.#scores, from, to).filter(
      (id) => Math.floor(this.#distance(id) * bucketsPerUnit) === bucket,
    );
  }

  #distance(id: number): number {
    return (this.#largest - (this.#scores[id] as number)) * this.#scale;
  }

  #weight(id: number): number {
    const distance = this.#distance(id);
    const bucket = Math.floor(distance * bucketsPerUnit);
    const rest = distance - bucket * bucketWidth;
    return (weightOfBucket[bucket] as number) * (1 - rest * (1 - rest * (0.5 - rest * sixth)));
  }
}

/**
 * Adds weights to the masses of their buckets, and gives their sum. It is most of the time of a step: so it is a function
 * of its own, which the compiler can replace while it runs, and names constants of this file only, which it knows.
 */
function addMasses(
  scores: Float32Array,
  least: number,
  largest: number,
  scale: number,
  massOfBucket: Float64Array,
): number {
  let total = 0;
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id] as number;
    if (score < least) continue;
    const distance = (largest - score) * scale;
    const bucket = (distance * bucketsPerUnit) | 0;
    const rest = distance - bucket * bucketWidth;
    const weight = (weightOfBucket[bucket] as number) * (1 - rest * (1 - rest * (0.5 - rest * sixth)));
    massOfBucket[bucket] = (massOfBucket[bucket] as number) + weight;
    total += weight;
  }
  return total;
}

function idsBetween(scores: Float32Array, from: number, to: number): number[] {
  const ids: number[] = [];
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id] as number;
    if (score >= from && score <= to) ids.push(id);
  }
  return ids;
}
