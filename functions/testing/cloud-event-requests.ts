// For tests: ways to post CloudEvents to pulse-ingest.
import { expect } from "vitest";
import { openRawConnection, rawRequest } from "../../http/testing/raw-connection.ts";
import { broker, host } from "./ingest-and-broker.ts";

export const DATA = { service_name: "checkout", latency_ms: 12.5, status: "ok" };
export const TYPE = "dev.pulsemesh.pulse.v1";
export const ATTRIBUTES = { specversion: "1.0", id: "1", source: "/shop", type: TYPE };

/** Posts a request. Each character of a header reaches the wire as one byte. */
export async function post(headers: Record<string, string>, body: string) {
  const connection = await openRawConnection(host.port);
  const head = { connection: "close", "content-length": String(Buffer.byteLength(body)), ...headers };
  connection.send(Buffer.from(rawRequest("POST /", head, ""), "latin1"));
  connection.send(body);
  const answer = await connection.answer();
  connection.socket.destroy();
  return answer;
}

type Answer = Awaited<ReturnType<typeof post>>;

/** The pointers of a refusal, after which nothing may have reached the broker. */
export function pointersOf(answer: Answer): string[] {
  expect(answer.status).toBe(400);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(broker.received).toHaveLength(0);
  return (answer.json().errors as { pointer: string }[]).map(({ pointer }) => pointer);
}

/** Expects 202 with an empty body. */
export function expectAccepted(answer: Answer): void {
  expect([answer.status, answer.body, answer.headers["content-length"]]).toEqual([202, "", "0"]);
}
