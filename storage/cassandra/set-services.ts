import { types } from "cassandra-driver";
import type { PlannedWork, SetService } from "../health-ports.ts";
import type { Cql } from "./cql.ts";
import type { healthStatements } from "./health-statements.ts";

/** What a row of `set_services` says. */
export function setServiceOf({ service_name: service, is_retired, work }: types.Row): SetService {
  const isRetired = is_retired === true;
  if (work === null) return { service, isRetired, work: undefined };
  const [from, to, reason] = work.values();
  return { service, isRetired, work: { from: from.getTime(), to: to.getTime(), reason } };
}

/** Planned work as a cell; null, which deletes, for none. */
export function workCellOf(work: PlannedWork | undefined): types.Tuple | null {
  return work === undefined ? null : types.Tuple.fromArray([new Date(work.from), new Date(work.to), work.reason]);
}

type Statements = Pick<ReturnType<typeof healthStatements>, "setOf" | "forgetSet">;

/**
 * Whether anything is set for a service. Only that is deleted: all that is set lies in one partition, which nobody could read any
 * more if each call, for whatever name, left a tombstone there.
 */
export async function isAnySet(client: Cql, { setOf }: Statements, service: string): Promise<boolean> {
  return (await client.execute(setOf, [service])).first() !== null;
}

/** Forgets what is set for a service, if anything is. */
export async function forgetSet(
  client: Cql,
  statements: Statements,
  service: string,
  writetime: number,
): Promise<void> {
  if (await isAnySet(client, statements, service)) await client.execute(statements.forgetSet, [writetime, service]);
}
