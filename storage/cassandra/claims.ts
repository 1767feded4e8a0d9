// A pulse that came with an identity and without a time gets the time of its arrival. Sent again, the pulse arrives at
// another time, which is another key, and would be stored twice. A lightweight transaction would prevent that, at four
// round trips and with the partition locked. Instead every arrival claims its time, and the earliest claim wins.
//
// To settle an arrival at time t:
//   1. m := the earliest claim that can be seen, or t.
//   2. Write the claim m at a quorum, then read all claims C at a quorum. If one is earlier: m := it, and again.
//   3. Write the row at m; where C has other times, delete their rows, in one logged batch: both happen or neither.
//
// Why it is stored once. Take the earliest time M whose row was written and any other time t' > M whose row was: each
// writer finished its claim before it began to read. One of the two claims was finished first, before the other's writer
// began its last read, so that the other's writer saw it. If t's writer saw M, it wrote no row at t'. Otherwise M's
// writer saw t' and deleted the row at t'. The deletion has a later writetime than any write of that row (see
// removalTimeOf): a write that is late by minutes stays deleted.
//
// Why it is stored at all. A row is deleted only together with the writing of an earlier one, and times cannot go down
// for ever. Step 2 claims m again even where another writer has: that writer may have died with its claim on one replica
// only, where one reader sees the claim and the next misses it.
//
// Claims do not pile up: an arrival that sees an earlier claim never makes one for its own time. A process that dies
// between steps leaves one claim without a row; its sender had no answer, and sends the pulse again.
import { types } from "cassandra-driver";
import type { Pulse } from "../../events/pulse.ts";
import type { Cql } from "./cql.ts";
import { type PulseStatements, ttlSeconds } from "./pulse-row.ts";
import { type WriteTimes, writetimeOf } from "./write-times.ts";

export interface ClaimOptions {
  statements: PulseStatements;
  times: WriteTimes;
  /** Runs a statement, at a quorum unless the options say otherwise. */
  execute(...args: Parameters<Cql["execute"]>): Promise<Pick<types.ResultSet, "rows">>;
  /** Writes the row at `time` and deletes those at `losers`, both or neither. */
  replace(time: number, losers: readonly number[]): Promise<void>;
  /** The oldest time that is still shown. */
  horizon(): number;
}

/**
 * Settles the time of a pulse that has an identity and no time, and removes its rows at other times. The caller then
 * writes the row at that time, with the writetime that `writetimeOfRow` gives.
 */
export async function settleClaims(pulse: Pulse, options: ClaimOptions): Promise<number> {
  const { statements, times, execute, replace, horizon } = options;
  const identity = [pulse.service_name, pulse.source, pulse.id];
  // A hint: the read after the claim finds what this one misses.
  const seen = await execute(statements.listClaims, identity, { consistency: types.consistencies.localOne });
  let time = Math.min(pulse.event_time, ...timesOf(seen));
  for (;;) {
    const ttl = ttlSeconds(time, horizon());
    if (ttl <= 0) return time;
    await execute(statements.claim, [...identity, time, ttl, writetimeOf(time, times)]);
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

function timesOf({ rows }: Pick<types.ResultSet, "rows">): number[] {
  return rows.map((row) => (row.claimed_time as Date).getTime());
}
