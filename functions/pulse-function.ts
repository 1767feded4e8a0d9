import type { IncomingHttpHeaders } from "node:http";
import type { Check } from "../http/health.ts";
import type { Pace } from "../http/pace.ts";
import type { HttpRequest, Route } from "../http/route.ts";

/** What a folder under functions/ provides: its routes, and what it does at the start and the end of its life. */
export interface PulseFunction {
  name: string;
  routes: Route[];
  /** The sender of a request, by a token that the function knows. @default by the token of its reader */
  senderOf?: (headers: IncomingHttpHeaders, parameters?: HttpRequest["parameters"]) => string | undefined;
  /** Shares its time between clients that are strangers to each other. @default all time is for the one who asks */
  pace?: Pace;
  /** The most bytes in the body of an answer that refuses. @default no limit */
  maxRefusalBytes?: number;
  /** One more port, at loopback alone. One that is taken is a line in the log. */
  loopbackPort?: number | undefined;
  check: Check;
  /** Called once when the process stops, before it waits for requests in flight: ends streams that have no end. */
  onDrain?: () => void;
  /** Called once when no request is in flight any more. */
  close: () => Promise<void>;
}
