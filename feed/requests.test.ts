import { queryObjects } from "node:v8";
import { describe, expect, it, onTestFinished } from "vitest";
import { Requests } from "./requests.ts";
import { problemAnswer, startIngest } from "./testing/ingest.ts";

const PULSE = JSON.stringify({ service_name: "checkout", latency_ms: 1, status: "ok" });

async function openRequests({ concurrency = 2 } = {}) {
  const ingest = await startIngest();
  const stop = new AbortController();
  const lines: string[] = [];
  const target = { url: ingest.url, token: undefined, retryForMs: 20_000 };
  const subject = { name: "a.csv", remedyOfAge: "Send newer ones.", remedyOfSize: "Send fewer." };
  const requests = new Requests({ ...subject, target, concurrency, stop, log: (line) => lines.push(line) });
  onTestFinished(() => requests.close());
  return { ingest, stop, requests, lines };
}

describe("requests", () => {
  it("run so many at a time, and the caller waits for the next to begin", async () => {
    const { ingest, requests } = await openRequests({ concurrency: 3 });
    let running = 0;
    let most = 0;
    const three = Promise.withResolvers<void>();
    ingest.misbehave = async () => {
      most = Math.max(most, ++running);
      if (running === 3) three.resolve();
      await three.promise;
      running--;
      return undefined;
    };
    for (let i = 1; i <= 20; i++) {
      await requests.begin([PULSE, PULSE]);
      expect(requests.count).toBe(i);
      expect(requests.count - requests.accepted / 2).toBeLessThanOrEqual(3);
    }
    await requests.settle();
    expect({ most, running, accepted: requests.accepted }).toEqual({ most: 3, running: 0, accepted: 40 });
  });

  it("call back after their answer, and stop the run with what the callback throws", async () => {
    const { stop, requests } = await openRequests();
    const acceptedAtCall: number[] = [];
    await requests.begin([PULSE], [2], async () => {
      acceptedAtCall.push(requests.accepted);
      throw new Error("the disk is full");
    });
    await requests.settle();
    expect({ acceptedAtCall, reason: stop.signal.reason }).toEqual({ acceptedAtCall: [1], reason: "the disk is full" });
  });

  it("stop the run at the first that is refused, with its line, and begin nothing after it", async () => {
    const { ingest, stop, requests } = await openRequests({ concurrency: 1 });
    await requests.begin([PULSE, "{}"], [7, 8]);
    await requests.settle();
    expect(stop.signal.reason).toMatch(/^a\.csv, line 8: \/service_name: Expected /);
    await requests.begin([PULSE], [9]);
    await requests.settle();
    expect(ingest.requests).toEqual([2]);
    expect(requests.accepted).toBe(0);
  });

  it("leave nothing in memory once they are answered", async () => {
    const { requests } = await openRequests();
    const count = () => queryObjects(Array, { format: "count" });
    await requests.begin([PULSE]);
    await requests.settle();
    const before = count();
    for (let i = 0; i < 200; i++) await requests.begin([PULSE]);
    await requests.settle();
    expect(count() - before).toBeLessThan(100);
  });

  it("tell the user once that they are tried again", async () => {
    const { ingest, requests, lines } = await openRequests();
    ingest.misbehave = (request) => (request < 3 ? problemAnswer(503, "not now", { "retry-after": "0" }) : undefined);
    await requests.begin([PULSE]);
    await requests.settle();
    expect(lines).toEqual([`${ingest.url}: 503: not now; trying again, for 20 s at most …`]);
    expect(requests.retries).toBe(3);
  });
});
