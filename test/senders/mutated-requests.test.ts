import { expect, it } from "vitest";
import { host } from "../../functions/testing/ingest-and-broker.ts";
import { sendMutated } from "./mutated-requests.ts";

it("changed requests of other systems are taken or refused, and none is a defect", async () => {
  const statuses = await sendMutated(host.url, 2000, 1);
  for (const status of [200, 202, 400, 404, 415]) expect(statuses.get(status) ?? 0, String(status)).toBeGreaterThan(10);
  expect(host.lines.filter(({ msg }) => String(msg).includes("defect"))).toEqual([]);
  // The host goes on.
  expect((await fetch(`${host.url}/ping/after-all`)).status).toBe(200);
});
