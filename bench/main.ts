// Every figure is a process' CPU time, which the kernel counts, beside a bare node:http server in the same run: a busy
// machine distorts pulses a second, but hardly CPU time.
import { parseArgs } from "node:util";
import { benchBroker } from "./broker.ts";
import { benchCassandra, benchCassandraGrowth } from "./cassandra/bench.ts";
import { benchChain } from "./chain.ts";
import { benchCluster } from "./cluster.ts";
import { benchColdStart } from "./cold-start.ts";
import { benchHealth } from "./health.ts";
import { benchBlock } from "./history/block.ts";
import { benchBytes } from "./history/bytes.ts";
import { benchHistoryOnCassandra } from "./history/cassandra.ts";
import { benchGrowth } from "./history/growth.ts";
import { benchMemory } from "./history/memory.ts";
import { benchMonth } from "./history/month.ts";
import { benchStart } from "./history/start.ts";
import { benchWall } from "./history/wall.ts";
import { benchIngest } from "./ingest.ts";
import { benchOtlp } from "./otlp.ts";
import { benchOtlpPeers } from "./otlp-peers.ts";
import { benchServices, benchServicesOnCassandra } from "./services.ts";
import { printTable, type Row } from "./table.ts";

const SECTIONS: Record<string, (seconds: number) => Promise<Row[]>> = {
  ingest: benchIngest,
  otlp: benchOtlp,
  "otlp-peers": benchOtlpPeers,
  broker: benchBroker,
  chain: benchChain,
  start: benchColdStart,
  services: benchServices,
  health: benchHealth,
  history: benchMonth,
  "history-wall": benchWall,
  "history-start": benchStart,
  "history-memory": benchMemory,
  "history-block": benchBlock,
  "history-bytes": benchBytes,
  "history-growth": benchGrowth,
  "history-cassandra": benchHistoryOnCassandra,
  cassandra: benchCassandra,
  "cassandra-services": benchServicesOnCassandra,
  "cassandra-growth": benchCassandraGrowth,
  cluster: benchCluster,
};
/** Measured only on request: some take minutes or gigabytes, one needs the cluster of `make up`, one Go, Java and Maven. */
const NAMED_ONLY = ["otlp-peers", "history-growth", "history-cassandra", "cassandra-growth", "cluster"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "4" }, help: { type: "boolean", default: false } },
});
const unknown = positionals.filter((name) => !(name in SECTIONS));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0)
    console.error(`Expected sections out of ${Object.keys(SECTIONS).join(", ")}, got ${unknown.join(", ")}`);
  console.log(
    `Usage: npm run bench -- [--seconds 4] [${Object.keys(SECTIONS).join("] [")}]\n\nMeasures each section (default: all except ${NAMED_ONLY.join(", ")}), for --seconds a figure, and prints one table.`,
  );
  process.exit(unknown.length > 0 ? 2 : 0);
}

const rows: Row[] = [];
for (const name of positionals.length > 0
  ? positionals
  : Object.keys(SECTIONS).filter((section) => !NAMED_ONLY.includes(section))) {
  console.error(`measuring: ${name}`);
  rows.push(...((await SECTIONS[name]?.(Number(values.seconds))) ?? []));
}
printTable(rows);
process.exit(rows.some((row) => row.isMet === false) ? 1 : 0);
