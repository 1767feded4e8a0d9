// The dead-letter sink of the Trigger: it keeps every event that could not be delivered. dead-letter.ts makes a dead letter
// of an event, dead-letter-reason.ts says what went wrong, selection.ts finds dead letters, reach.ts says whose they are, replay.ts
// sends them again, refusals.ts says why not.
import type { CloudEvent } from "../../events/cloud-event.ts";
import type { Fault } from "../../events/fault.ts";
import { decodeEvents, eventModeOf, isForeignFormat } from "../../events/http-binding.ts";
import { pulsesOf } from "../../events/pulse-event.ts";
import { readRoughEvent } from "../../events/rough-event.ts";
import { freshJson } from "../../http/json.ts";
import { Places } from "../../http/places.ts";
import { badRequest, problem, tryLater } from "../../http/problem.ts";
import { faultsInQuery, readQuery } from "../../http/query-parameters.ts";
import { RecentRefusal } from "../../http/recent-refusal.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import { Turns } from "../../http/turns.ts";
import { flag } from "../../settings/field.ts";
import type { DeadLetter, DeadLetterStore, StoreLifecycle, WaitingCount } from "../../storage/ports.ts";
import type { BrokerClient } from "../broker-client.ts";
import { deadLetterForms } from "../dead-letter-parameters.ts";
import { Deliveries, deliveryOf } from "../deliveries.ts";
import { MAX_REFUSAL_BYTES, replyToFailedEmit, replyToWrite } from "../outcome-replies.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { whileStoreAnswers } from "../store-answers.ts";
import { authorOf } from "../tokens/author.ts";
import type { Doors } from "../tokens/doors.ts";
import { behind, type GuardedRoute } from "../tokens/guarded-routes.ts";
import { forbidden } from "../tokens/refusals.ts";
import type { Grant } from "../tokens/token-file.ts";
import { asReplayed, comeBack, deadLetterOf, isCorrected, shownDestination, viewDeadLetter } from "./dead-letter.ts";
import type { DeadLetterMetrics } from "./dead-letter-metrics.ts";
import { countPulses } from "./pulse-count.ts";
import { countNewNames, MAX_NEW_NAMES, mayCorrect, reaches } from "./reach.ts";
import {
  newNames,
  notForAllServices,
  notReplayed,
  replayedAlready,
  tooManyNewNames,
  unknownDeadLetter,
} from "./refusals.ts";
import { Replay } from "./replay.ts";
import { listDeadLetters, readListQuery, readReplayQuery } from "./selection.ts";

export interface DeadLetterOptions {
  store: DeadLetterStore & StoreLifecycle;
  broker: BrokerClient;
  metrics: DeadLetterMetrics;
  doors: Doors;
  /** The header in which a proxy names its user. */
  userHeader?: string | undefined;
  /** What pulse-persist takes: how old a pulse may be, and how many pulses an event may carry. */
  retentionMs: number;
  maxPulses: number;
  /** Epoch ms. @default Date.now */
  now?: () => number;
}

/** Answers with whole events that are made at one time: a page is up to 8 MiB, and what the last read brought. */
const MAX_READS = 4;
/** Readers that wait for one. */
const MAX_WAITING = 50;
/** The most dead letters that are looked at to count those that wait. */
const MAX_COUNTED = 1000;
/** How long a count is good: every open page asks for it. */
const COUNT_KEPT_MS = 5000;

/** pulse-deadletter: keeps events that could not be delivered, shows them, and sends them again. */
export function createDeadLetter(options: DeadLetterOptions): PulseFunction {
  const { store, broker, metrics, doors, userHeader, retentionMs, maxPulses, now = Date.now } = options;
  const deliveries = new Deliveries();
  const replay = new Replay({ store, broker, metrics, now });
  const refusal = new RecentRefusal();
  const reads = new Places(MAX_READS, MAX_WAITING);
  const turns = new Turns();
  const turnsOf = (client: string) => () => turns.next(client);
  let counted: { count: Promise<WaitingCount>; until: number } | undefined;

  /** What pulse-persist would refuse in an event. */
  function faultsIn(event: CloudEvent): readonly Fault[] {
    const parsed = pulsesOf(event, { now: now(), retentionMs, maxPulses });
    return parsed.ok ? [] : parsed.faults;
  }

  // An event that failed while the store was away has none, and looking for them would take long: events may be large.
  function view(deadLetter: DeadLetter) {
    const { event, correction, reason } = deadLetter;
    const mayBeWrong = reason === "invalid" || reason === "unknown";
    return viewDeadLetter(deadLetter, mayBeWrong ? faultsIn(asReplayed(event, correction)) : []);
  }

  async function keep({ headers, rawHeaders, body, log }: HttpRequest): Promise<HttpReply> {
    const mode = eventModeOf(headers);
    // The data of a binary event are kept as bytes, of any type. Only an envelope must be readable.
    const isForeign = mode !== "binary" && isForeignFormat(headers, mode);
    if (mode === undefined || mode === "batch" || isForeign) {
      log.error({ contentType: headers["content-type"] }, "dead letter lost: it is no CloudEvent that can be read");
      return problem(400, "Invalid request", "Expected one CloudEvent 1.0, binary or structured in JSON.");
    }
    const decoded = decodeEvents(mode, headers, body, rawHeaders);
    // What a broker took and delivers has no other place to stay.
    const event = decoded.ok ? decoded.value[0] : mode === "binary" ? readRoughEvent(headers, body) : undefined;
    if (event === undefined) {
      const faults = decoded.ok ? [] : decoded.faults;
      log.error({ faults: faults.slice(0, 10) }, "dead letter lost: its attributes are broken");
      return badRequest(faults);
    }
    const failed = deadLetterOf(event, now());
    const deadLetter = isCorrected(event) ? comeBack(failed, await store.get(failed.id)) : failed;
    const { id, reason, code, destination } = deadLetter;
    const { traceparent } = event.extensions;
    const trail = {
      deadLetterId: id,
      eventId: event.id,
      source: event.source,
      ...(traceparent !== undefined && { traceparent }),
    };
    const outcome = await store.put(deadLetter);
    counted = undefined;
    refusal.note(outcome.kind === "retry" ? outcome.reason : undefined, body.length);
    // The broker tries again while the store is away, with each of its events.
    if (outcome.kind === "retry") return { ...replyToWrite(outcome), trail };
    if (outcome.kind === "stored") {
      if (deliveries.isFirst(deliveryOf(event))) {
        metrics.received.inc({ reason });
        metrics.receivedPulses.inc(countPulses(event));
      }
      log.warn({ ...trail, reason, code, destination: shownDestination(destination) }, "dead letter kept");
    } else {
      log.error({ ...trail, outcome: outcome.kind, reason: outcome.reason }, "dead letter not kept");
    }
    return replyToWrite(outcome);
  }

  async function list({ query, client }: HttpRequest, grant: Grant, signal: AbortSignal): Promise<HttpReply> {
    const read = readListQuery(query, grant);
    if (!read.ok) return badRequest(read.faults);
    const share = { signal, nextTurn: turnsOf(client()) };
    const page = await listDeadLetters(store, read.value, read.value.limit, read.value.cursor, share);
    if (!page.ok) return badRequest(faultsInQuery(page.faults));
    return freshJson(200, { dead_letters: page.value.deadLetters.map(view), cursor: page.value.cursor });
  }

  async function show({ parameters }: HttpRequest, grant: Grant, signal: AbortSignal): Promise<HttpReply> {
    const deadLetter = await store.get(parameters.id as string);
    signal.throwIfAborted();
    if (deadLetter === undefined) return unknownDeadLetter();
    return reaches(grant, deadLetter) ? freshJson(200, view(deadLetter)) : notForAllServices();
  }

  const inTurn =
    (handle: typeof list): GuardedRoute["handle"] =>
    async (request, grant) =>
      (await reads.workInTurn(request, (signal) => handle(request, grant, signal))) ??
      tryLater(503, "No more dead letters can be read at this moment.", 1000);

  async function count({ query }: HttpRequest, grant: Grant): Promise<HttpReply> {
    // The count is made once for all readers.
    if (!grant.coversAll) return forbidden("Expected a token for every service.");
    const read = readQuery({}, query);
    if (!read.ok) return badRequest(read.faults);
    if (counted === undefined || counted.until <= now()) {
      counted = { count: store.countWaiting(MAX_COUNTED), until: now() + COUNT_KEPT_MS };
      counted.count.catch(() => {
        counted = undefined;
      });
    }
    const { waiting, isCut } = await counted.count;
    return freshJson(200, { waiting, is_more: isCut });
  }

  async function replayOne({ parameters, query, headers, body, log }: HttpRequest, grant: Grant): Promise<HttpReply> {
    const read = readQuery({ again: flag }, query);
    if (!read.ok) return badRequest(read.faults);
    const deadLetter = await store.get(parameters.id as string);
    if (deadLetter === undefined) return unknownDeadLetter();
    if (!reaches(grant, deadLetter)) return notForAllServices();
    if (deadLetter.replayedAt !== undefined && !read.value.again) return replayedAlready(deadLetter.replayedAt);
    if (body.length > 0) {
      // A wrong correction would come back after a while, when nobody looks.
      const faults = faultsIn(asReplayed(deadLetter.event, body));
      if (faults.length > 0) return notReplayed(faults);
      if (!mayCorrect(grant, deadLetter.event, body)) return newNames();
      const newCount = countNewNames(deadLetter, body);
      if (newCount > MAX_NEW_NAMES) return tooManyNewNames(newCount);
      // Kept before it is sent: when it fails and comes back, what failed first is still there.
      deadLetter.correction = body.toString();
      const kept = await store.put(deadLetter);
      if (kept.kind !== "stored") return replyToWrite(kept);
    }
    const outcome = await replay.replayOne(deadLetter);
    counted = undefined;
    const trail = { deadLetterId: deadLetter.id, outcome: outcome.kind, isCorrected: body.length > 0 };
    log.info({ ...trail, by: authorOf(headers, grant, userHeader) }, "dead letter replayed");
    if (outcome.kind === "accepted") return freshJson(202, { replayed: 1 });
    return replyToFailedEmit(outcome.kind, `Not replayed: ${outcome.reason}. It stays a dead letter.`);
  }

  async function replayMany({ query, headers, body, client, log }: HttpRequest, grant: Grant): Promise<HttpReply> {
    const read = readReplayQuery(query, grant);
    if (!read.ok) return badRequest(read.faults);
    if (body.length > 0) {
      return problem(400, "Invalid request", "Expected no body: data is corrected one dead letter at a time.");
    }
    const maySend = (deadLetter: DeadLetter) => {
      const now = doors.admin.grantOf(headers);
      return now !== undefined && reaches(now, deadLetter);
    };
    const terms = { nextTurn: turnsOf(client()), maySend };
    const { stopped, ...count } = await replay.replayMany(read.value, read.value.limit, terms);
    counted = undefined;
    log.info({ ...count, stopped, by: authorOf(headers, grant, userHeader) }, "dead letters replayed");
    if (stopped !== undefined && count.replayed === 0) return tryLater(503, `Not replayed: ${stopped}.`, 1000);
    return freshJson(202, { ...count, stopped });
  }

  const routes: Route[] = [
    { method: "POST", path: "/", trace: "continues", handle: keep },
    ...behind(doors.read, [
      { method: "GET", path: "/dead-letters", handle: inTurn(list) },
      { method: "GET", path: "/dead-letters/count", handle: count },
      { method: "GET", path: "/dead-letters/{id}", forms: deadLetterForms, handle: inTurn(show) },
    ]),
    ...behind(doors.admin, [
      { method: "POST", path: "/dead-letters/replay", handle: replayMany },
      { method: "POST", path: "/dead-letters/{id}/replay", forms: deadLetterForms, handle: replayOne },
    ]),
  ];
  return {
    name: "pulse-deadletter",
    maxRefusalBytes: MAX_REFUSAL_BYTES,
    routes: routes.map((route) => ({ ...route, handle: whileStoreAnswers(route.handle) })),
    check: async () => {
      await store.check();
      return refusal.reason && `Dead letters are not kept: ${refusal.reason}`;
    },
    onDrain: () => replay.stop(),
    close: async () => {
      await broker.close();
      await store.close();
    },
  };
}
