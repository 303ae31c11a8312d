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

/** From here on buckets are far: what is drawn is nearly always nearer. */
const farDistance = 12;

/**
 * The ids that may be drawn. Their weights are summed in buckets of like probability, so that nothing is sorted but the
 * one bucket in which a limit falls. Far buckets are summed together at first, and apart only where a limit or the draw
 * falls among them. One is made for a sampler, and filled again at each step; distances are
 * (greatest score - score) / temperature.
 */
export class Candidates {
  readonly #massOfBucket: Float64Array = new Float64Array(bucketCount);
  #scores: Float32Array = new Float32Array(0);
  #least = 0;
  /** The greatest score, over the temperature. */
  #top = 0;
  #scale = 1;
  /** Ids of the buckets that are told apart, the smallest first. */
  #ids: Int32Array = new Int32Array(0);
  #idCount = 0;
  /** How many buckets are told apart. */
  #knownBuckets = bucketCount;
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
    this.#scale = 1 / temperature;
    this.#top = largest * this.#scale;
    // A little less than the last bucket's end, whatever the rounding.
    this.#least = Math.max(leastScore, largest - largestDistance * temperature * (1 - 1e-6));
    if (this.#ids.length < scores.length) this.#ids = new Int32Array(scores.length);
    this.#massOfBucket.fill(0);
    // Where a least score leaves few, all are told apart at once.
    if (leastScore === Number.NEGATIVE_INFINITY) this.#weighNear();
    else this.#weighAll();
    this.#limitBucket = bucketCount;
    this.#limitIds = [];
  }

  #weighNear(): void {
    const { near, far, idCount } = addNear(this.#scores, this.#top, this.#scale, this.#massOfBucket, this.#ids);
    this.#mass = near + far;
    this.#idCount = idCount;
    this.#knownBuckets = farDistance * bucketsPerUnit;
  }

  #weighAll(): void {
    const { mass, idCount } = addFrom(this.#least, this.#scores, this.#top, this.#scale, this.#massOfBucket, this.#ids);
    this.#mass = mass;
    this.#idCount = idCount;
    this.#knownBuckets = bucketCount;
  }

  /**
   * Keeps the fewest of the most probable ids whose probabilities add up to `probability` or more; of equal ones those
   * with the smallest ids.
   */
  keepNucleus(probability: number): void {
    const wanted = this.#mass * probability;
    let bucket = 0;
    let mass = 0;
    while (bucket < bucketCount - 1 && mass + this.#massOf(bucket) < wanted) mass += this.#massOf(bucket++);
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
    for (let whole = 0; whole < bucket; whole++) this.#mass += this.#massOf(whole);
  }

  /** The id at which the running sum of the weights that are kept passes `unit` of their total; 0 ≤ unit < 1. */
  draw(unit: number): number {
    let left = unit * this.#mass;
    let bucket = 0;
    while (bucket < this.#limitBucket && left >= this.#massOf(bucket)) left -= this.#massOf(bucket++);
    const ids = bucket === this.#limitBucket ? this.#limitIds : this.#idsOf(bucket);
    for (const id of ids) {
      left -= this.#weight(id);
      if (left < 0) return id;
    }
    // Rounding may leave a little: it belongs to the last one.
    return ids.at(-1) ?? this.#mostProbable();
  }

  #mostProbable(): number {
    return this.#scores.indexOf(this.#scores.reduce((most, score) => Math.max(most, score)));
  }

  #massOf(bucket: number): number {
    this.#tellApart(bucket);
    return this.#massOfBucket[bucket] as number;
  }

  /** The ids of a bucket, the smallest first. */
  #idsOf(bucket: number): number[] {
    this.#tellApart(bucket);
    const found: number[] = [];
    for (let i = 0; i < this.#idCount; i++) {
      const id = this.#ids[i] as number;
      if (Math.floor(this.#distance(id) * bucketsPerUnit) === bucket) found.push(id);
    }
    return found;
  }

  #tellApart(bucket: number): void {
    if (bucket < this.#knownBuckets) return;
    const kept = this.#mass;
    this.#massOfBucket.fill(0);
    this.#weighAll();
    this.#mass = kept;
  }

  #distance(id: number): number {
    return this.#top - (this.#scores[id] as number) * this.#scale;
  }

  #weight(id: number): number {
    const distance = this.#distance(id);
    const bucket = Math.floor(distance * bucketsPerUnit);
    const rest = distance - bucket * bucketWidth;
    return (weightOfBucket[bucket] as number) * (1 - rest * (1 - rest * (0.5 - rest * sixth)));
  }
}

/**
 * Adds the weights of near scores to the masses of their buckets, and notes their ids; gives the sums of near and of far
 * ones. It is most of the time of a step: so it is a function of its own, which the compiler can replace while it runs, and
 * names constants of this file only, which it knows.
 */
function addNear(
  scores: Float32Array,
  top: number,
  scale: number,
  massOfBucket: Float64Array,
  ids: Int32Array,
): { readonly near: number; readonly far: number; readonly idCount: number } {
  let near = 0;
  let far = 0;
  let idCount = 0;
  for (let id = 0; id < scores.length; id++) {
    const distance = top - (scores[id] as number) * scale;
    if (distance < farDistance) {
      const bucket = (distance * bucketsPerUnit) | 0;
      const rest = distance - bucket * bucketWidth;
      const weight = (weightOfBucket[bucket] as number) * (1 - rest * (1 - rest * (0.5 - rest * sixth)));
      massOfBucket[bucket] = (massOfBucket[bucket] as number) + weight;
      near += weight;
      ids[idCount++] = id;
    } else if (distance < largestDistance) {
      const bucket = (distance * bucketsPerUnit) | 0;
      const rest = distance - bucket * bucketWidth;
      far += (weightOfBucket[bucket] as number) * (1 - rest * (1 - rest * (0.5 - rest * sixth)));
    }
  }
  return { near, far, idCount };
}

/** The same of all scores from a least one on, with every bucket apart. */
function addFrom(
  least: number,
  scores: Float32Array,
  top: number,
  scale: number,
  massOfBucket: Float64Array,
  ids: Int32Array,
): { readonly mass: number; readonly idCount: number } {
  let mass = 0;
  let idCount = 0;
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id] as number;
    if (score < least) continue;
    const distance = top - score * scale;
    const bucket = (distance * bucketsPerUnit) | 0;
    const rest = distance - bucket * bucketWidth;
    const weight = (weightOfBucket[bucket] as number) * (1 - rest * (1 - rest * (0.5 - rest * sixth)));
    massOfBucket[bucket] = (massOfBucket[bucket] as number) + weight;
    mass += weight;
    ids[idCount++] = id;
  }
  return { mass, idCount };
}
