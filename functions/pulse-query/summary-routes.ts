import type { Parsed } from "../../events/fault.ts";
import type { History } from "../../history/history.ts";
import { asPolled } from "../../http/conditional.ts";
import { freshJson } from "../../http/json.ts";
import { badRequest, tryLater } from "../../http/problem.ts";
import type { Turns } from "../../http/turns.ts";
import type { PulseReader } from "../../storage/ports.ts";
import type { GuardedRoute } from "../tokens/guarded-routes.ts";
import { answering } from "./answering.ts";
import type { Summary, Trends } from "./answers.ts";
import { groupsOf } from "./groups.ts";
import { readSpanQuery, summaryParameters, trendsParameters } from "./query-parameters.ts";
import { SharedAnswers } from "./shared-answers.ts";
import { summarize } from "./summary.ts";
import { trendsOf } from "./trends.ts";

/** Summaries that are made at one time. Each holds up to 7 MB of latencies, and the rows that it reads. */
const MAX_SUMMARIES = 8;
/** Summaries that wait for their turn. */
const MAX_WAITING = 100;

export interface SummaryRoutesOptions {
  store: PulseReader;
  history: History;
  retentionMs: number;
  /** How far summaries reach back. */
  historyMs: number;
  turns: Turns;
  now: () => number;
}

/** Summaries of a service, and trends of several. */
export function summaryRoutes(options: SummaryRoutesOptions): GuardedRoute[] {
  const { store, history, retentionMs, historyMs, turns, now } = options;
  const summaries = new SharedAnswers<Parsed<Summary>>(MAX_SUMMARIES, MAX_WAITING, now);
  const trends = new SharedAnswers<Trends>(MAX_SUMMARIES, MAX_WAITING, now);

  const showSummary = answering(
    (query) => readSpanQuery(summaryParameters, query, { now: now(), retentionMs, historyMs }),
    async ({ span, buckets, by }, request) => {
      const service = request.parameters.service as string;
      const key = JSON.stringify([service, span.from, span.to, buckets, by]);
      const client = request.client();
      const summary = await summaries.get(key, request, async (signal): Promise<Parsed<Summary>> => {
        const share = { signal, nextTurn: () => turns.next(client) };
        const groups = by === undefined ? undefined : await groupsOf(store, service, span, by, share);
        if (groups?.ok === false) return groups;
        const whole = await summarize(history, service, span, buckets, share);
        return { ok: true, value: { ...whole, ...(groups !== undefined && { groups: groups.value }) } };
      });
      if (summary === undefined) return tryLater(503, "No more summaries can be made at this moment.", 1000);
      return summary.ok ? asPolled(freshJson(200, summary.value), request) : badRequest(summary.faults);
    },
  );

  const showTrends = answering(
    (query) => readSpanQuery(trendsParameters, query, { now: now(), retentionMs }),
    async ({ span, services = [], buckets }, request, grant) => {
      const names = services.filter((name) => grant.covers(name)).sort();
      const key = JSON.stringify([names, span.from, span.to, buckets]);
      const client = request.client();
      const answer = await trends.get(key, request, (signal) =>
        trendsOf(history, names, span, buckets, { signal, nextTurn: () => turns.next(client) }),
      );
      if (answer === undefined) return tryLater(503, "No more trends can be made at this moment.", 1000);
      return asPolled(freshJson(200, answer), request);
    },
  );

  return [
    { method: "GET", path: "/services/{service}/summary", handle: showSummary },
    { method: "GET", path: "/trends", handle: showTrends },
  ];
}
