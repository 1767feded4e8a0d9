import { type Fault, type Parsed, refuse } from "../../../events/fault.ts";
import { isLonger } from "../../../events/json-value.ts";
import { MAX_VALUE_LENGTH } from "../../../events/metadata.ts";
import { MAX_LATENCY_MS, type Pulse, parsePulse, pulseSchema } from "../../../events/pulse.ts";
import type { ReceiveContext } from "../../../events/pulse-event.ts";
import type { HttpRequest } from "../../../http/route.ts";
import { uuidV7 } from "../../uuid-v7.ts";
import { addText } from "../spans/metadata.ts";
import { parseGoDuration } from "./go-duration.ts";
import { readRunId, startOf } from "./run-id.ts";

/** The source of pulses that came as pings. */
const SOURCE = "/ping";
const MAX_EXIT_CODE = 255;

type Fields = Pick<Pulse, "status" | "latency_ms"> & { metadata: Record<string, string>; id?: string };

/** `/ping/{service}`, `/fail` or an exit code, with `?rid=` and the end of a log as the body. */
export function runPing({ parameters, query, body }: HttpRequest, context: ReceiveContext): Parsed<Pulse> {
  const { outcome = "" } = parameters;
  const metadata: Record<string, string> = {};
  let isFailure = outcome === "fail";
  if (/^\d/.test(outcome)) {
    if (Number(outcome) > MAX_EXIT_CODE)
      return refuse("/path", `Expected an exit code up to ${MAX_EXIT_CODE}`, outcome);
    isFailure = Number(outcome) !== 0;
    metadata.exit_code = String(Number(outcome));
  }
  addText(metadata, "log", endOf(body));
  const rid = readRunId(query);
  if (!rid.ok) return rid;
  const id = rid.value;
  const start = id === undefined ? undefined : startOf(id);
  const latency = start === undefined ? 0 : Math.min(Math.max(0, context.now - start), MAX_LATENCY_MS);
  const fields: Fields = { status: isFailure ? "fail" : "ok", latency_ms: latency, metadata };
  return pulseOf(parameters.service, id === undefined ? fields : { ...fields, id }, context);
}

/** Uptime Kuma's push: `?status=up&msg=OK&ping=12`, where `up` is the only good status and `ping` is in ms or empty. */
export function kumaPing({ parameters, query }: HttpRequest, context: ReceiveContext): Parsed<Pulse> {
  const metadata: Record<string, string> = {};
  addText(metadata, "msg", query.get("msg") ?? "");
  const ping = Number.parseFloat(query.get("ping") ?? "");
  const latency = ping >= 0 && ping <= MAX_LATENCY_MS ? ping : 0;
  const isUp = (query.get("status") || "up") === "up";
  return pulseOf(parameters.service, { status: isUp ? "up" : "down", latency_ms: latency, metadata }, context);
}

/** Gatus' external endpoint: `?success=true&duration=1.5s&error=…`. */
export function gatusPing({ parameters, query }: HttpRequest, context: ReceiveContext): Parsed<Pulse> {
  const success = query.get("success");
  if (success !== "true" && success !== "false") return refuse("/query/success", "Expected true or false", success);
  const duration = query.get("duration") || "0";
  const latency = parseGoDuration(duration);
  if (latency === undefined) return refuse("/query/duration", "Expected a duration such as 1.5s or 20ms", duration);
  const metadata: Record<string, string> = {};
  addText(metadata, "error", query.get("error") ?? "");
  const status = success === "true" ? "success" : "fail";
  return pulseOf(parameters.service, { status, latency_ms: latency, metadata }, context);
}

function pulseOf(service: string | undefined, fields: Fields, { now, retentionMs }: ReceiveContext): Parsed<Pulse> {
  const faults: Fault[] = [];
  const pulse = parsePulse(
    pulseSchema,
    { service_name: service, ...fields },
    {
      source: SOURCE,
      id: undefined,
      newId: uuidV7,
      traceparent: undefined,
      time: undefined,
      arrival: now,
      now,
      retentionMs,
    },
    "",
    faults,
  );
  return pulse === undefined ? { ok: false, faults } : { ok: true, value: pulse };
}

/** The end of a text in UTF-8, as long as metadata may be. */
function endOf(body: Buffer): string {
  const text = body
    .subarray(-4 * MAX_VALUE_LENGTH)
    .toString("utf8")
    .trimEnd();
  // Where the cut went through a character, its rest is no text.
  const whole = body.length > 4 * MAX_VALUE_LENGTH ? text.replace(/^\uFFFD+/, "") : text;
  return isLonger(whole, MAX_VALUE_LENGTH) ? [...whole].slice(-MAX_VALUE_LENGTH).join("") : whole;
}
