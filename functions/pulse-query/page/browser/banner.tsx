import { useNow } from "./clock.ts";
import { formatAge, formatTime } from "./format.ts";
import type { Connection } from "./live.ts";
import { unjudgedSince } from "./verdict.ts";

/** Says what the reader must know before anything else here is believed. */
export function Banner({ connection }: { connection: Connection | undefined }) {
  const now = useNow(connection?.nothingNewSince !== undefined || connection?.judged !== undefined);
  const said = connection && wordsOf(connection, now);
  return <div role="status">{said && <p class={`banner ${said.tone}`}>{said.words}</p>}</div>;
}

function wordsOf(connection: Connection, now: number): { words: string; tone: "down" | "degraded" } | undefined {
  const { state, reason, heardAt, nothingNewSince, notStored } = connection;
  const timeOf = (time: string) => formatTime(time, now);
  if (state === "away") return { words: `The store does not answer. ${reason}`, tone: "down" };
  if (state === "stale") {
    const since = `No news from pulse-query since ${timeOf(new Date(heardAt).toISOString())}: this page is as of then.`;
    return { words: heardAt === 0 ? "pulse-query does not answer." : since, tone: "down" };
  }
  if (notStored !== undefined) return { words: notStored, tone: "down" };
  const unjudged = unjudgedSince(connection, now);
  if (unjudged !== undefined) {
    const words = `pulse-health has judged nothing since ${timeOf(unjudged)}: nobody knows how services are.`;
    return { words, tone: "down" };
  }
  if (nothingNewSince === undefined) return undefined;
  const silence = formatAge(nothingNewSince, now).replace(/ ago$/, "");
  return { words: `Nothing new stored from any service for ${silence}: PulseMesh may be stuck.`, tone: "degraded" };
}
