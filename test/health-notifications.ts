import type { IncomingHttpHeaders } from "node:http";
import { expect } from "vitest";
import type { HealthRun } from "../events/health-run.ts";

/** A request that a webhook got: a CloudEvent in binary mode. */
export interface Notification {
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * Expects each change of a service once by its id, in the order of time, as docs/watching.md has it: the same from every broker. It may
 * have come several times. `runs` is what is kept of the service, oldest first.
 */
export function expectTold(service: string, runs: readonly HealthRun[], received: readonly Notification[]): void {
  const ofService = received.filter(({ headers }) => headers["ce-subject"] === service);
  const byId = new Map(ofService.toReversed().map((notification) => [idOf(notification), viewOf(notification)]));
  const ids = [...new Set(ofService.map(idOf))];
  expect(ids.map((id) => byId.get(id))).toEqual(
    runs.map(({ health, since, confirmedAt, cause }, i) => {
      const previous = runs[i - 1]?.health;
      return {
        id: `${service}/${since}/${health}/0`,
        type: "dev.pulsemesh.health.changed.v1",
        source: "/pulse-health",
        contentType: "application/json",
        health,
        previoushealth: previous,
        data: {
          service_name: service,
          health,
          ...(previous !== undefined && { previous_health: previous }),
          since: new Date(since).toISOString(),
          confirmed_at: new Date(confirmedAt).toISOString(),
          cause,
          revision: 0,
        },
      };
    }),
  );
}

function idOf({ headers }: Notification): string {
  return decodeURIComponent(String(headers["ce-id"]));
}

function viewOf(notification: Notification) {
  const { headers, body } = notification;
  return {
    id: idOf(notification),
    type: headers["ce-type"],
    source: headers["ce-source"],
    contentType: headers["content-type"],
    health: headers["ce-health"],
    previoushealth: headers["ce-previoushealth"],
    data: JSON.parse(body),
  };
}
