import type { PlannedWorkView, ServiceDetail, Summary, Trends } from "../../answers.ts";
import type { DeadLetterCount, DeadLetterView } from "../../dead-letter-answers.ts";
import type { HealthHistory, Histories } from "../../health-answers.ts";
import type { MarkersAnswer } from "../../marker-answers.ts";
import { askSession } from "./session.ts";

/** An answer that is not 2xx; its message is the answer's reason. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly faults: DeadLetterView["faults"];

  constructor(status: number, body: { detail?: string; errors?: DeadLetterView["faults"] } | undefined) {
    const { detail, errors = [] } = body ?? {};
    super(errors[0]?.rule ?? detail ?? `pulse-query answered ${status}.`);
    this.status = status;
    this.faults = errors;
  }
}

/** Asks pulse-query, which served the page. @throws {Refusal} */
async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, init);
  const body = await response.json().catch(() => undefined);
  if (response.status === 401) void askSession();
  if (!response.ok) throw new Refusal(response.status, body);
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

/** The most runs of a service that the API lists. */
export const MAX_RUNS = 10_000;

/** How a service was from a moment (epoch ms) to another. */
export function readHistory(service: string, from: number, to: number, signal: AbortSignal): Promise<HealthHistory> {
  return ask(`${pathOf(service)}/history?from=${from}&to=${to}&limit=${MAX_RUNS}`, { signal });
}

export function readMarkers(service: string, { from, to }: Span, signal: AbortSignal): Promise<MarkersAnswer> {
  return ask(`${pathOf(service)}/markers?from=${from}&to=${to}`, { signal });
}

/** @throws {Refusal} without the right to it */
export function setRetired(service: string, isRetired: boolean): Promise<unknown> {
  return ask(`${pathOf(service)}/retired`, { method: isRetired ? "PUT" : "DELETE" });
}

/** Plans work on a service in place of what was planned by the API, or none. @throws {Refusal} without the right to it */
export function setMaintenance(service: string, work: PlannedWorkView | undefined): Promise<unknown> {
  const init = work === undefined ? { method: "DELETE" } : { method: "PUT", ...asJson(JSON.stringify(work)) };
  return ask(`${pathOf(service)}/maintenance`, init);
}

/** The figures for each value of a metadata key, or of `status`. */
export async function readGroups(service: string, key: string, { from, to }: Span, signal: AbortSignal) {
  const query = `from=${from}&to=${to}&buckets=1&by=${encodeURIComponent(key)}`;
  const { groups = [] } = await ask<Summary>(`${pathOf(service)}/summary?${query}`, { signal });
  return groups;
}

export function readTrends(services: readonly string[], span: Span): Promise<Trends> {
  return ask(`trends?${queryOf(services, span)}`);
}

export function readHistories(services: readonly string[], span: Span): Promise<Histories> {
  return ask(`histories?${queryOf(services, span)}`);
}

function queryOf(services: readonly string[], { from, to, buckets }: Span): string {
  return `from=${from}&to=${to}&buckets=${buckets}&services=${services.map(encodeURIComponent).join(",")}`;
}

export function readDeadLetters(
  filter: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<{ dead_letters: DeadLetterView[]; cursor?: string }> {
  return ask(`dead-letters?${new URLSearchParams({ limit: "20", ...filter })}`, { signal });
}

export function readDeadLetter(id: string, signal: AbortSignal): Promise<DeadLetterView> {
  return ask(`dead-letters/${encodeURIComponent(id)}`, { signal });
}

export function countDeadLetters(): Promise<DeadLetterCount> {
  return ask("dead-letters/count");
}

/** Sends a dead letter to the broker again. `data`, as JSON, replaces the event's data. */
export function replay(id: string, { data, again }: { data?: string | undefined; again: boolean }): Promise<unknown> {
  const path = `dead-letters/${encodeURIComponent(id)}/replay${again ? "?again=true" : ""}`;
  return ask(path, { method: "POST", ...(data !== undefined && asJson(data)) });
}

function asJson(body: string): RequestInit {
  return { headers: { "content-type": "application/json" }, body };
}
