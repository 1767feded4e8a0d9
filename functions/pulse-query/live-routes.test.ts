import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import type { HttpReply, HttpRequest } from "../../http/route.ts";
import type { PulseReader } from "../../storage/ports.ts";
import { pulseOf } from "../testing/listed-services.ts";
import { OPEN_DOORS } from "../testing/open-doors.ts";
import { LIVE_DEFAULTS } from "./live.ts";
import { liveRoutes } from "./live-routes.ts";
import type { ServiceList } from "./service-list.ts";
import { Unread } from "./unread.ts";

it("what waits in the streams of several services has one bound, by client, whatever ids they follow", async () => {
  const unread = new Unread(100_000);
  // 50 pulses of some 200 bytes are a beginning.
  const pulses = Array.from({ length: 50 }, (_, i) => pulseOf("a", `${i}`, 1000 - i));
  const reader: Pick<PulseReader, "page"> = { page: async () => ({ ok: true, value: { pulses } }) };
  const services: Partial<ServiceList> = { one: async () => undefined, judgedUntil: async () => null };
  const { routes, end } = liveRoutes({
    ...LIVE_DEFAULTS,
    explain: async () => "",
    services: services as ServiceList,
    reader,
    door: OPEN_DOORS.read,
    now: Date.now,
    unread,
  });
  const handle = routes.find(({ path }) => path.includes("{service}"))?.handle as (request: HttpRequest) => HttpReply;
  const listen = (client: string, service: string, id: string): Readable => {
    const request: Partial<HttpRequest> = {
      method: "GET",
      parameters: { service },
      query: new URLSearchParams(),
      headers: { "last-event-id": id },
      client: () => client,
    };
    return handle(request as HttpRequest).body as Readable;
  };
  const greedy = ["a", "b", "c", "d"].flatMap((service) =>
    Array.from({ length: 10 }, (_, i) => listen("greedy", service, `id ${i}`)),
  );
  await nextTurn();
  const polite = [listen("polite", "a", ""), listen("polite", "b", "")];
  expect(unread.bytes).toBeLessThanOrEqual(100_000);
  expect(polite.map(({ destroyed }) => destroyed)).toEqual([false, false]);
  const left = greedy.filter(({ destroyed }) => !destroyed);
  expect(left.length).toBeGreaterThan(0);
  expect(left.length).toBeLessThan(20);
  end();
  for (const stream of [...polite, ...greedy]) stream.destroy();
});
