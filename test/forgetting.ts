import { expect, it } from "vitest";
import { type Platform, until } from "./platform.ts";
import { readAll } from "./read-back.ts";

/** Removes a service of a running platform over HTTP. */
export function testForgetting(platformOf: () => Platform): void {
  it("removes a service over HTTP, and stores what it sends afterwards, also the same pulse again", async () => {
    const { ingest, query } = platformOf();
    const service = "to-be-forgotten";
    const pulse = { service_name: service, latency_ms: 1, status: "ok", id: "1", event_time: Date.now() };
    const send = async () => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${ingest}/pulse`, { method: "POST", headers, body: JSON.stringify(pulse) });
      expect(answer.status).toBe(202);
      await until("the pulse to be readable", async () => (await readAll(platformOf(), service)).length === 1);
    };
    const remove = async () => {
      const answer = await fetch(`${query}/services/${service}`, { method: "DELETE" });
      return [answer.status, await answer.text()];
    };
    await send();
    expect(await remove()).toEqual([204, ""]);
    expect(await readAll(platformOf(), service)).toEqual([]);
    expect((await fetch(`${query}/services/${service}`)).status).toBe(404);
    expect(await (await fetch(`${query}/services`)).text()).not.toContain(service);
    expect(await remove()).toEqual([204, ""]);
    await send();
    expect((await fetch(`${query}/services/${service}`)).status).toBe(200);
  }, 60_000);
}
