// For tests: ways to post plain requests to pulse-ingest.
import { expect } from "vitest";
import { host } from "./ingest-and-broker.ts";

export function pulse(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { service_name: "checkout", latency_ms: 12.5, status: "ok", ...fields };
}

export function post(body: unknown, headers: Record<string, string> = {}, path = "/pulse"): Promise<Response> {
  const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  return fetch(host.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: text as string,
  });
}

export async function faultsOf(response: Response): Promise<{ pointer: string; rule: string; got: string }[]> {
  expect(response.status).toBe(400);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const { errors } = (await response.json()) as { errors: { pointer: string; rule: string; got: string }[] };
  return errors;
}

export const pointersOf = async (response: Response) => (await faultsOf(response)).map(({ pointer }) => pointer);
