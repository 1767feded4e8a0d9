import { useNow } from "./clock.ts";
import { formatAge, formatTime } from "./format.ts";
import type { Connection } from "./live.ts";

/** Says what the reader must know before anything else here is believed. */
export function Banner({ connection }: { connection: Connection | undefined }) {
  const isQuiet = connection?.nothingNewSince !== undefined && connection.notStored === undefined;
  const now = useNow(isQuiet);
  const words = connection === undefined ? "" : wordsOf(connection, now);
  return <div role="status">{words !== "" && <p class={`banner ${isQuiet ? "degraded" : "down"}`}>{words}</p>}</div>;
}

function wordsOf({ state, reason, heardAt, nothingNewSince, notStored }: Connection, now: number): string {
  if (state === "away") return `The store does not answer. ${reason}`;
  if (state === "stale") {
    if (heardAt === 0) return "pulse-query does not answer.";
    return `No news from pulse-query since ${formatTime(new Date(heardAt).toISOString(), now)}: this page is as of then.`;
  }
  if (notStored !== undefined) return notStored;
  if (nothingNewSince === undefined) return "";
  return `Nothing new stored from any service for ${formatAge(nothingNewSince, now).replace(/ ago$/, "")}: PulseMesh may be stuck.`;
}
