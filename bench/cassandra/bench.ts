// The Cassandra store beside the driver itself, on one real node and in turns, so that what disturbs one disturbs all.
// Start here. Siblings: rig.ts starts the node and has the ways to write, writes.ts and reads.ts measure, fleet.ts makes
// pulses up.
import type { Row } from "../table.ts";
import { benchGrowth, benchNewest } from "./reads.ts";
import { withRig } from "./rig.ts";
import { benchWrites } from "./writes.ts";

/** Measures writing for some times `seconds` a figure, and reading. */
export async function benchCassandra(seconds: number): Promise<Row[]> {
  return await withRig(async (rig) => [
    ...(await benchWrites(rig, await rig.openTable(), seconds)),
    ...(await benchNewest(rig)),
  ]);
}

/** Measures whether reading costs more in a table of 10 million rows than in one of 10 thousand: takes minutes. */
export async function benchCassandraGrowth(): Promise<Row[]> {
  return await withRig((rig) => benchGrowth(rig));
}
