import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";
import { BROKER } from "../../events/triggers.ts";
import { until } from "../platform.ts";
import { readAll } from "../read-back.ts";
import { openPortForward } from "./port-forward.ts";
import { cqlsh, functionUrl, podsOf } from "./world.ts";

/** Selects the pods that receive events for every Broker. */
export const INGRESS = "eventing.knative.dev/brokerRole=ingress";

/** Sends a pulse to pulse-ingest by curl and one to the broker as a CloudEvent; reads both by pulse-query and by cqlsh. */
export async function sendAPulseEachWay(service: string): Promise<void> {
  const ingest = functionUrl("pulse-ingest");
  const body = JSON.stringify({ service_name: service, latency_ms: 12.5, status: "ok", id: "by-curl" });
  const curl = ["-sS", "-m", "60", "-H", "content-type: application/json", "-d", body, `${ingest}/pulse`];
  const { stdout } = await promisify(execFile)("curl", curl);
  expect(JSON.parse(stdout)).toEqual({ accepted: 1, ids: ["by-curl"] });

  const broker = await openBroker();
  try {
    const posted = await fetch(broker.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": "by-broker",
        "ce-source": "/e2e",
        "ce-type": "dev.pulsemesh.pulse.v1",
      },
      body: JSON.stringify({ service_name: service, latency_ms: 7, status: "ok" }),
    });
    expect(posted.status).toBe(202);
  } finally {
    await broker.close();
  }

  const query = functionUrl("pulse-query");
  expect(await (await fetch(query)).text()).toContain(`content="${ingest}"`); // the URL that the page shows to newcomers
  await until("both pulses to be readable", async () => (await readAll({ query }, service)).length === 2);
  const read = await readAll({ query }, service);
  expect(read.map(({ id, latency_ms }) => [id, latency_ms]).sort()).toEqual([
    ["by-broker", 7],
    ["by-curl", 12.5],
  ]);
  expect(await (await fetch(`${query}/services/${service}/badge.svg`)).text()).toContain(
    `<title>${service}: up</title>`,
  );
  const rows = await cqlsh(
    `SELECT JSON event_id, pulse.latency_ms AS latency_ms FROM pulsemesh.pulse_events_by_service WHERE service_name = '${service}' ALLOW FILTERING`,
  );
  expect(rows).toContain('{"event_id": "by-curl", "latency_ms": 12.5}');
  expect(rows).toContain('{"event_id": "by-broker", "latency_ms": 7.0}');
}

/** Opens a way to the broker's ingress, which the gateway does not expose. Events are posted to `url`. */
export async function openBroker(): Promise<{ url: string; close(): Promise<void> }> {
  const pod = async () => `pod/${(await podsOf(INGRESS, "knative-eventing"))[0]}`;
  const way = await openPortForward("knative-eventing", pod, 8080);
  return { url: `${way.url}/${BROKER.namespace}/${BROKER.name}`, close: way.close };
}
