import { setTimeout as delay } from "node:timers/promises";
import type { Client, QueryOptions, types } from "cassandra-driver";
import { StoreError } from "../store-error.ts";

/** A statement with its values, as the driver takes it. */
export interface Statement {
  query: string;
  params: unknown[];
}

/** What the stores ask of the driver. */
export interface Cql {
  execute(query: string, params: unknown[], options?: QueryOptions): Promise<types.ResultSet>;
  batch(statements: Statement[], options: { logged: boolean }): Promise<unknown>;
}

// The driver prepares a statement on one node, and fails with a plain Error when that node has no connection at the
// moment, although others have (PrepareHandler._prepareWithQueryPlan). The next try begins with the next node.
const NO_CONNECTION = "No connection available";
const TRIES = 4;
const PAUSE_MS = 50;

/** Learns what became of each request, of reads and writes alike. */
export interface RequestListener {
  answered(): void;
  failed(error: unknown): void;
}

/** The driver's client, which tries again where the driver gives up although there are nodes. */
export function cqlOf(client: Client, listener: RequestListener): Cql {
  return {
    execute: (query, params, options) => insist(() => client.execute(query, params, options ?? {}), listener),
    batch: (statements, options) => insist(() => client.batch(statements, options), listener),
  };
}

/** For who reads or forgets: what fails is the store, unless the driver was given what it cannot encode. */
export function failingAsStore(cql: Cql, reasonOf: (error: unknown) => string): Cql {
  const fail = (error: unknown) => {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    throw new StoreError(reasonOf(error), { cause: error });
  };
  return {
    execute: (query, params, options) => cql.execute(query, params, options).catch(fail),
    batch: (statements, options) => cql.batch(statements, options).catch(fail),
  };
}

// Errors that came out of a call of the driver: only those say something of Cassandra, or of a value that it cannot hold. Their
// classes do not tell: the driver throws plain TypeErrors too, for values that it cannot encode.
const ofDriver = new WeakSet<object>();

/** Whether an error came out of a call of the driver, and not from our own code around it. */
export function isOfDriver(error: unknown): boolean {
  return error instanceof Error && ofDriver.has(error);
}

async function insist<T>(work: () => Promise<T>, listener: RequestListener): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      const result = await work();
      listener.answered();
      return result;
    } catch (error) {
      if (error instanceof Error) ofDriver.add(error);
      if (tries === TRIES || !(error instanceof Error) || error.message !== NO_CONNECTION) {
        listener.failed(error);
        throw error;
      }
      await delay(PAUSE_MS * tries);
    }
  }
}

/**
 * The rows of a query, page by page, each of as many rows as `fetchSize` says then. The first page is on its way before
 * anybody asks for it.
 */
export function pagesOf(
  client: Cql,
  { query, params }: Statement,
  fetchSize: () => number,
): AsyncGenerator<types.Row[]> {
  const fetchPage = (pageState?: string) =>
    client.execute(query, params, { fetchSize: fetchSize(), ...(pageState !== undefined && { pageState }) });
  const first = fetchPage();
  // A reader that leaves before the first page has come must not leave an unhandled rejection behind.
  first.catch(() => {});
  return pagesFrom(first, fetchPage);
}

async function* pagesFrom(
  first: Promise<types.ResultSet>,
  fetchPage: (pageState: string) => Promise<types.ResultSet>,
): AsyncGenerator<types.Row[]> {
  let page = await first;
  yield page.rows;
  while (page.pageState) {
    page = await fetchPage(page.pageState);
    yield page.rows;
  }
}
