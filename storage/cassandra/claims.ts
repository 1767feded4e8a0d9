// A pulse that came with an identity and without a time gets the time of its arrival. Sent again it arrives at another
// time, which is another key: without more it would be stored twice. A lightweight transaction would settle that, at
// four round trips and with the partition locked; instead every arrival claims its time, and the earliest claim wins.
//
// To settle an arrival at time t:
//   1. m := the earliest claim that can be seen, or t.
//   2. Write the claim m at a quorum, then read all claims C at a quorum. If one is earlier: m := it, and again.
//   3. Write the row at m; where C has other times, delete their rows, in one logged batch: both happen or neither.
//
// Why it is stored once. Take the earliest time M whose row was written and any other time t' > M whose row was: each
// writer finished its claim before it began to read. Of two such claims one was finished first, and by then the other's
// writer had not begun its last read; so that one saw the earlier finished claim. If t's writer saw M, it wrote no row
// at t'. Else M's writer saw t' and deleted its row. The deletion has a later writetime than any write of the row at t'
// has (see writetimeOf), so that one which is late by minutes stays deleted.
//
// Why it is stored at all. A row is deleted only together with the writing of an earlier one, and times cannot go down
// for ever. Step 2 claims m anew even where another has: that other may have died with its claim on one replica only,
// and such a claim can be seen by one reader and missed by the next.
//
// Claims do not pile up: an arrival that sees an earlier claim never makes its own. What is left behind by a process
// that dies between steps is one claim without a row; its sender had no answer, and sends it again.
import { types } from "cassandra-driver";
import type { Pulse } from "../../events/pulse.ts";
import { type PulseStatements, ttlSeconds, writetimeOf } from "./row.ts";

export interface ClaimOptions {
  statements: PulseStatements;
  /** Runs a statement at a quorum unless told otherwise. */
  execute(
    query: string,
    params: unknown[],
    options?: { consistency: types.consistencies },
  ): Promise<{ rows: types.Row[] }>;
  /** Writes the row at `time` and deletes those at `losers`, both or neither. */
  replace(time: number, losers: readonly number[]): Promise<void>;
  retentionMs: number;
  now: () => number;
}

/**
 * Settles at which time a pulse is stored that has an identity and no time of its own, and removes rows of it at other
 * times. The row at that time is still to be written, with the writetime that {@link writetimeOf} gives.
 */
export async function settleClaims(pulse: Pulse, options: ClaimOptions): Promise<number> {
  const { statements, execute, replace, retentionMs, now } = options;
  const identity = [pulse.service_name, pulse.source, pulse.id];
  // A hint: what it misses is found by the reading after the claim.
  const seen = await execute(statements.listClaims, identity, { consistency: types.consistencies.localOne });
  let time = Math.min(pulse.event_time, ...timesOf(seen));
  for (;;) {
    const ttl = ttlSeconds(time, retentionMs, now());
    if (ttl <= 0) return time;
    await execute(statements.claim, [...identity, time, ttl, writetimeOf(time)]);
    const claims = timesOf(await execute(statements.listClaims, identity));
    const earliest = Math.min(time, ...claims);
    if (earliest === time) {
      const losers = claims.filter((claim) => claim !== time);
      if (losers.length > 0) await replace(time, losers);
      return time;
    }
    time = earliest;
  }
}

function timesOf({ rows }: { rows: types.Row[] }): number[] {
  return rows.map((row) => (row.claimed_time as Date).getTime());
}
