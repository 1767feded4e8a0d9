// Start here: the Cassandra store beside the driver itself, on one real node and in turns, so that what disturbs one
// disturbs all. Siblings: rig.ts starts the node and has the ways to write, writes.ts and reads.ts measure,
// made-up-services.ts makes pulses.
import type { Row } from "../table.ts";
import { benchGrowth, benchNewest } from "./reads.ts";
import { withRig } from "./rig.ts";
import { benchWrites } from "./writes.ts";

/** Measures writing, for some `seconds` a figure, and reading. */
export async function benchCassandra(seconds: number): Promise<Row[]> {
  return await withRig(async (rig) => [
    ...(await benchWrites(rig, await rig.openTable(), seconds)),
    ...(await benchNewest(rig)),
  ]);
}

/** Measures whether a read costs more in a table of 10 million rows than in one of 10 thousand; takes minutes. */
export async function benchCassandraGrowth(): Promise<Row[]> {
  return await withRig((rig) => benchGrowth(rig));
}
