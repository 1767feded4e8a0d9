// For tests: pulse-ingest before a broker, and what CloudEvents over HTTP have in common.
import { afterAll, beforeEach, expect } from "vitest";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { compose } from "../pulse-ingest/compose.ts";
import { openBroker } from "./broker.ts";
import { openFunctionHost } from "./function-host.ts";

export const broker = await openBroker();
export const host = await openFunctionHost(compose, { K_SINK: broker.url });
afterAll(async () => {
  await host.close();
  await broker.close();
});
beforeEach(() => {
  broker.received.length = 0;
});

export const DATA = { service_name: "checkout", latency_ms: 12.5, status: "ok" };
export const TYPE = "dev.pulsemesh.pulse.v1";
export const ATTRIBUTES = { specversion: "1.0", id: "1", source: "/shop", type: TYPE };

/** Posts as it stands; the header values reach the wire byte for byte. */
export async function post(headers: Record<string, string>, body: string) {
  const connection = await openRawConnection(host.port);
  connection.send(rawRequest("POST /", { connection: "close", ...headers }, body));
  const answer = await connection.answer();
  connection.socket.destroy();
  return answer;
}

type Answer = Awaited<ReturnType<typeof post>>;

/** What an answer that refuses points at; nothing has reached the broker then. */
export function pointersOf(answer: Answer): string[] {
  expect(answer.status).toBe(400);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(broker.received).toHaveLength(0);
  return (answer.json().errors as { pointer: string }[]).map(({ pointer }) => pointer);
}

/** A CloudEvent is accepted without a word. */
export function expectAccepted(answer: Answer): void {
  expect([answer.status, answer.body, answer.headers["content-length"]]).toEqual([202, "", "0"]);
}
