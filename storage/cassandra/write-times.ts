// The writetimes (µs) of what belongs to a pulse. They come from the row and not from the moment of writing: written twice, a
// row stays the same row, and a time window of compaction holds what happened in it.
//
// 1. Each hour of retention adds 1 µs: what is written again under a longer retention outranks a first copy that has
//    expired, whose remains would otherwise hide it.
// 2. Each era adds a step that is longer than all hours of retention: what is written after a service was forgotten lies
//    above what forgot it (forget.ts), although it may be the same pulse.
// 3. One deletion forgets a bucket. So from the second era on, all rows of a bucket have one writetime, above all that the
//    first era gave them.

const HOUR_MS = 3_600_000;
/** More µs than the longest retention, ten years, has hours; and within an era above every row. */
const REMOVAL_STEP = 100_000;
const ERA_STEP = 200_000;

/** What the writetimes of a process depend on. */
export interface WriteTimes {
  retentionMs: number;
  bucketMs: number;
  /** From 0. */
  era: number;
}

/** Of a claim, and of the note of a bucket: of what has a key for its time. */
export function writetimeOf(time: number, { retentionMs, era }: Omit<WriteTimes, "bucketMs">): number {
  return time * 1000 + era * ERA_STEP + Math.ceil(retentionMs / HOUR_MS);
}

/** Of the row of a pulse. */
export function writetimeOfRow(time: number, times: WriteTimes): number {
  return writetimeOf(times.era === 0 ? time : bucketEndOf(time, times.bucketMs), times);
}

/** Removes the row of a pulse, even when the row's own write arrives later, or by a process that missed a new era. */
export function removalTimeOf(time: number, { bucketMs, era }: WriteTimes): number {
  return bucketEndOf(time, bucketMs) * 1000 + (era + 1) * ERA_STEP + REMOVAL_STEP;
}

/** Forgets what the eras up to this one wrote at {@link writetimeOf} a time, and nothing of later ones. */
export function forgettingTimeOf(time: number, { era }: Pick<WriteTimes, "era">): number {
  return time * 1000 + (era + 1) * ERA_STEP - 1;
}

/** Forgets what the eras up to this one wrote into a bucket, and nothing of later ones. */
export function forgettingTimeOfBucket(bucket: number, { bucketMs, era }: Omit<WriteTimes, "retentionMs">): number {
  return forgettingTimeOf(bucketEndOf(bucket, bucketMs), { era });
}

function bucketEndOf(time: number, bucketMs: number): number {
  return (Math.floor(time / bucketMs) + 1) * bucketMs;
}
