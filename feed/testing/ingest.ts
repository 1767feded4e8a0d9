// A server that keeps pulse-ingest's side of the contract, on a real socket, and misbehaves when a test says so.
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { Fault } from "../../events/fault.ts";
import { type Pulse, parsePulse, pulseSchema } from "../../events/pulse.ts";

/** Another answer than the contract's, or the connection cut without an answer, before or after the server took the pulses in. */
export type Misbehaviour = { status: number; headers?: Record<string, string>; body?: string } | "cut" | "cut-after";

export interface Ingest {
  url: URL;
  /** The sizes of the requests that came, taken in or not. */
  requests: number[];
  headers: IncomingHttpHeaders[];
  /** By id: a pulse that came twice stands here once. */
  pulses: Map<string, Pulse>;
  /** How many pulses the server took in; a pulse that came twice counts twice. */
  taken: number;
  /** How to misbehave at the request of that number, from 0; `undefined` keeps the contract. */
  misbehave: (request: number) => Misbehaviour | undefined | Promise<Misbehaviour | undefined>;
  close(): Promise<void>;
}

/** Starts the server. The end of the test closes it. */
export async function startIngest({ port = 0, retentionMs = 30 * 86_400_000 } = {}): Promise<Ingest> {
  const server = createServer(async (request, response) => {
    // A client that goes away while it sends gets no answer.
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const values = JSON.parse(body) as unknown[];
    const number = ingest.requests.push(values.length) - 1;
    ingest.headers.push(request.headers);
    const misbehaviour = await ingest.misbehave(number);
    if (misbehaviour === "cut") {
      response.destroy();
    } else if (misbehaviour !== undefined && misbehaviour !== "cut-after") {
      response.writeHead(misbehaviour.status, misbehaviour.headers).end(misbehaviour.body);
    } else {
      takeIn(values, misbehaviour === "cut-after", response);
    }
  });

  function takeIn(values: unknown[], isCut: boolean, response: ServerResponse): void {
    const faults: Fault[] = [];
    const now = Date.now();
    const context = { source: "/pulse", id: undefined, newId: () => "made", traceparent: undefined, time: undefined };
    const pulses = values.map((value, i) =>
      parsePulse(pulseSchema, value, { ...context, arrival: now, now, retentionMs }, `/${i}`, faults),
    );
    if (faults.length > 0) {
      const body = { type: "about:blank", title: "Invalid request", status: 400, detail: "faults", errors: faults };
      response.writeHead(400, { "content-type": "application/problem+json" }).end(JSON.stringify(body));
      return;
    }
    for (const pulse of pulses) if (pulse !== undefined) ingest.pulses.set(pulse.id, pulse);
    ingest.taken += pulses.length;
    if (isCut) response.destroy();
    else
      response.writeHead(202).end(JSON.stringify({ accepted: pulses.length, ids: pulses.map((pulse) => pulse?.id) }));
  }

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const ingest: Ingest = {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/pulse`),
    requests: [],
    headers: [],
    pulses: new Map(),
    taken: 0,
    misbehave: () => undefined,
    close: async () => {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  onTestFinished(() => ingest.close());
  return ingest;
}

/** An answer as pulse-ingest words it. */
export function problemAnswer(status: number, detail: string, headers: Record<string, string> = {}): Misbehaviour {
  return { status, headers, body: JSON.stringify({ type: "about:blank", title: "Problem", status, detail }) };
}
