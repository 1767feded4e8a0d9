import type { DeadLetterView, ServiceDetail, Summary } from "../../answers.ts";

/** Asks pulse-query, which served the page. @throws an error with the answer's reason when the answer is not 2xx. */
async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, init);
  const body = await response.json().catch(() => undefined);
  if (!response.ok) {
    const rule: string | undefined = body?.errors?.[0]?.rule;
    throw new Error(rule ?? body?.detail ?? `pulse-query answered ${response.status}.`);
  }
  return body as T;
}

/** A span of time in epoch ms, and into how many buckets it is divided. */
export interface Span {
  from: number;
  to: number;
  buckets: number;
}

/** Where the API has a service, relative to the page. */
export function pathOf(service: string): string {
  return `services/${encodeURIComponent(service)}`;
}

export function readService(service: string, signal: AbortSignal): Promise<ServiceDetail> {
  return ask(pathOf(service), { signal });
}

export function readSummary(service: string, { from, to, buckets }: Span, signal: AbortSignal): Promise<Summary> {
  return ask(`${pathOf(service)}/summary?from=${from}&to=${to}&buckets=${buckets}`, { signal });
}

export function readDeadLetters(
  service: string | undefined,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<{ dead_letters: DeadLetterView[]; cursor?: string }> {
  const query = new URLSearchParams({ limit: "20" });
  if (service !== undefined) query.set("service", service);
  if (cursor !== undefined) query.set("cursor", cursor);
  return ask(`dead-letters?${query}`, { signal });
}

/** Sends a dead letter to the broker again. `data`, as JSON, replaces the event's data. */
export function replay(id: string, { data, again }: { data?: string | undefined; again: boolean }): Promise<unknown> {
  const path = `dead-letters/${encodeURIComponent(id)}/replay${again ? "?again=true" : ""}`;
  return ask(path, { method: "POST", ...(data !== undefined && { body: data }) });
}
