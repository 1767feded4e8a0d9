// DuckDB, a database for analysis, with the same pulses in a Parquet file: it reads all of a span for each answer.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Span } from "../../storage/span.ts";
import { median } from "../table.ts";
import { timed } from "./month-of-pulses.ts";

const PACKAGE = "@duckdb/node-api@1.5.6-r.1";
const ANSWERS = 9;

/** What the bench uses of DuckDB's connection. */
interface Connection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<{ getRows(): unknown[][] }>;
}

/** Installs DuckDB in a folder and opens it. */
async function connect(folder: string): Promise<Connection> {
  execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, PACKAGE], {
    stdio: "inherit",
  });
  const { DuckDBInstance } = createRequire(join(folder, "package.json"))("@duckdb/node-api");
  return (await DuckDBInstance.create(":memory:")).connect();
}

/**
 * The median ms of DuckDB for each question: counts by health, min, max and percentiles of a span, in 60 buckets. Its pulses are
 * those that `fill` writes of one service, of which there are `count`.
 */
export async function timeDuckDb(
  folder: string,
  { whole, stepMs, count, asked }: { whole: Span; stepMs: number; count: number; asked: readonly Span[] },
): Promise<number[]> {
  const connection = await connect(folder);
  const file = join(folder, "pulses.parquet");
  await connection.run(`
    COPY (SELECT 'checkout' AS service, ${whole.from}::BIGINT + i * ${stepMs} AS event_time, '/pulse' AS source,
        '019a-' || i AS id, 20 * exp(sin(i * 0.7) + CASE WHEN i % 997 = 0 THEN 4 ELSE 0 END) AS latency_ms,
        CASE WHEN i % 1000 = 0 THEN '503' ELSE '200' END AS status
      FROM range(${count}) AS numbers(i)) TO '${file}' (FORMAT parquet)`);
  const figures: number[] = [];
  for (const { from, to } of asked) {
    const sql = `
      SELECT (event_time - ${from}) // ${(to - from) / 60} AS bucket, count(*) FILTER (status = '200') AS up,
        count(*) FILTER (status = '503') AS down, min(latency_ms), max(latency_ms),
        approx_quantile(latency_ms, [0.5, 0.95, 0.99])
      FROM '${file}' WHERE event_time >= ${from} AND event_time < ${to} GROUP BY bucket ORDER BY bucket`;
    const rows = (await connection.runAndReadAll(sql)).getRows();
    const sum = rows.reduce((all, [, up, down]) => all + Number(up) + Number(down), 0);
    const expected = (to - from) / stepMs;
    if (sum !== expected) throw new Error(`Expected ${expected} pulses from DuckDB, got ${sum}`);
    const times: number[] = [];
    for (let i = 0; i < ANSWERS; i++) times.push(await timed(() => connection.runAndReadAll(sql)));
    figures.push(median(times));
  }
  return figures;
}
