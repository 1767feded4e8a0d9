// The broker's ingress: POST /<namespace>/<broker> takes one event and answers 202 when the disk has it. POST /copy is for
// `npm run backup`.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import type { CloudEvent } from "../../events/cloud-event.ts";
import type { Fault } from "../../events/fault.ts";
import { eventModeOf, isForeignFormat } from "../../events/http-binding.ts";
import type { BrokerName } from "../../events/triggers.ts";
import { admitChange } from "../../http/changes.ts";
import { hostGuard } from "../../http/hosts.ts";
import { addressesOf } from "../../http/listening.ts";
import { contentOf, problem, tryLater } from "../../http/problem.ts";
import { RecentRefusal } from "../../http/recent-refusal.ts";
import type { HttpReply, HttpRequest, Route } from "../../http/route.ts";
import { HttpServer, type ServerLimits } from "../../http/server.ts";
import type { Tracing } from "../../http/tracing.ts";
import { type Admission, admit, type Subscription } from "./admission.ts";
import type { AddOutcome, Journal } from "./journal.ts";
import { hasTooLongAttributes, MAX_ATTRIBUTES_BYTES, readKnativeEvent } from "./knative-event.ts";
import { logFieldsOf } from "./log-fields.ts";
import type { BrokerMetrics } from "./metrics.ts";

export interface IngressOptions {
  broker: BrokerName;
  subscriptions: readonly Subscription[];
  journal: Journal;
  metrics: BrokerMetrics;
  /** Copies the broker's file, beside it. */
  copyFile(): void;
  limits: ServerLimits;
  /** The names of hosts that requests may name, besides this machine's. @default any */
  allowedHosts: readonly string[] | undefined;
  tracing: Tracing | undefined;
  logger: Logger;
}

export interface Ingress {
  /** Listens at loopback, and nowhere else: the broker asks for no token. @returns the port, which 0 leaves to the system */
  listen(port: number): Promise<number>;
  /** Takes no more connections and answers requests in flight. @returns whether all were answered in time. */
  close(graceMs: number, quietMs: number): Promise<boolean>;
}

const FULL =
  "The broker's quota is used up by events that wait for a subscriber: let the subscriber take them, or raise PULSE_LOCAL_BROKER_MAX_BYTES";
const FAILED = "The broker's disk does not take writes: free space on it";
const DEFECT = "The broker could not write the event. This is a defect: its log says more";
const ACCEPTED: HttpReply = { status: 202 };
/** More comes than is delivered: who sends much should send less, or all events wait ever longer. */
const ACCEPTED_SLOWLY: HttpReply = { status: 202, headers: { "retry-after": "1" } };
/** Knative takes the query for a part of the broker's name. */
const NO_QUERY = problem(404, "Not found", "Expected a path without a query, got a query.");
const COPIED: HttpReply = { status: 204 };
/** CloudEvents webhook spec, section 4: anyone may send, as fast as they like. */
const HANDSHAKE: HttpReply = {
  status: 200,
  headers: { allow: "POST, OPTIONS", "webhook-allowed-origin": "*", "webhook-allowed-rate": "*" },
};

/** Makes the server of a broker; it does not listen yet. */
export function createIngress(options: IngressOptions): Ingress {
  const { broker, subscriptions, journal, metrics, limits, allowedHosts, tracing, logger } = options;
  const { events } = metrics;
  const refusal = new RecentRefusal();

  function receive(request: HttpRequest): HttpReply | Promise<HttpReply> {
    if (request.query.size > 0) return NO_QUERY;
    const event = readEvent(request);
    if (!("id" in event)) {
      events.invalid.inc();
      return event;
    }
    return new Promise((resolve) => {
      const bytes = request.body.length;
      const done = (outcome: AddOutcome, isOverloaded: boolean) => {
        resolve(answerTo(event, bytes, outcome, isOverloaded ? ACCEPTED_SLOWLY : ACCEPTED));
      };
      const admission = admit(event, { subscriptions, done });
      if (admission.kind === "wanted") journal.add(admission.event);
      else resolve(answerAtOnce(event, admission));
    });
  }

  function answerAtOnce(event: CloudEvent, { kind }: Exclude<Admission, { kind: "wanted" }>): HttpReply {
    if (kind === "unmatched") {
      // As Knative does: no Trigger wants the event, so nothing is left to do.
      events.unmatched.inc();
      return ACCEPTED;
    }
    events.hop_limit.inc();
    const detail = "The event's knativebrokerttl is used up: does a reply cause itself?";
    return { ...problem(400, "Hop limit reached", detail), trail: logFieldsOf(event) };
  }

  function answerTo(event: CloudEvent, bytes: number, outcome: AddOutcome, accepted: HttpReply): HttpReply {
    if (outcome.kind === "stored") {
      events.accepted.inc();
      refusal.note(undefined, bytes);
      if (logger.isLevelEnabled("debug")) logger.debug(logFieldsOf(event), "event accepted");
      return accepted;
    }
    events[outcome.kind].inc();
    const reason = outcome.kind === "full" ? FULL : outcome.isDefect ? DEFECT : FAILED;
    refusal.note(reason, bytes);
    return { ...tryLater(503, `${reason}.`, 1000), trail: logFieldsOf(event) };
  }

  function copyFile(): HttpReply {
    try {
      options.copyFile();
      return COPIED;
    } catch (error) {
      return problem(503, "Not copied", `The broker could not copy its file: ${(error as Error).message}.`);
    }
  }

  const path = `/${broker.namespace}/${broker.name}`;
  const server = createServer();
  const http = new HttpServer(server, {
    // Knative's broker takes its path with a slash at the end, too.
    routes: [
      ...[path, `${path}/`].flatMap((path): Route[] => [
        { method: "POST", path, trace: "continues", handle: receive },
        { method: "OPTIONS", path, handle: () => HANDSHAKE },
      ]),
      { method: "POST", path: "/copy", admit: admitChange, handle: copyFile },
    ],
    check: async () => refusal.reason && `Events are not taken: ${refusal.reason}.`,
    registry: metrics.registry,
    limits,
    log: logger,
    tracing,
    refuseHost: allowedHosts && hostGuard(allowedHosts),
    onRefused: () => events.refused.inc(),
  });
  async function listen(port: number): Promise<number> {
    const [first, ...others] = addressesOf("localhost");
    server.listen(port, first);
    await once(server, "listening");
    await http.listenToo(others);
    return (server.address() as AddressInfo).port;
  }

  return { listen, close: (graceMs, quietMs) => http.stop(graceMs, quietMs) };
}

/** The event of a request, or the answer to a request without one that the broker can take. */
function readEvent({ headers, rawHeaders, body }: HttpRequest): CloudEvent | HttpReply {
  const mode = eventModeOf(headers);
  if (mode === undefined || mode === "batch") {
    const got = mode === undefined ? "no CloudEvent" : "a batch, which brokers do not take";
    return invalid(`Expected one CloudEvent 1.0, binary or structured, got ${got}.`);
  }
  if (isForeignFormat(headers, mode)) {
    const expected = "Expected a CloudEvent in JSON, in UTF-8 and not compressed";
    return problem(415, "Unsupported media type", `${expected}, got Content-Type ${contentOf(headers)}.`);
  }
  const read = readKnativeEvent(mode, headers, body, rawHeaders);
  if (!read.ok) return invalid("Expected a valid CloudEvent 1.0.", read.faults);
  const event = read.value;
  if (!hasTooLongAttributes(event)) return event;
  return invalid(`Expected attributes of at most ${MAX_ATTRIBUTES_BYTES} bytes together, as headers.`);
}

function invalid(detail: string, faults: readonly Fault[] = []): HttpReply {
  return problem(400, "Invalid event", detail, { faults });
}
