import { describe, expect, it } from "vitest";
import { createDeliveryPolicy } from "./delivery-policy.ts";
import { TriggerError } from "./trigger-filter.ts";

function waits(policy: ReturnType<typeof createDeliveryPolicy>, count: number): number[] {
  return Array.from({ length: count }, (_, i) => policy.backoffMs(i + 1));
}

describe("a delivery policy", () => {
  it("doubles an exponential delay from the first retry on", () => {
    const policy = createDeliveryPolicy("t", { retry: 10, backoffPolicy: "exponential", backoffDelay: "PT0.2S" });
    expect(waits(policy, 4)).toEqual([200, 400, 800, 1600]);
    expect(waits(policy, 10).reduce((sum, ms) => sum + ms)).toBe(204_600);
  });

  it("multiplies a linear delay, so that the first retry is immediate", () => {
    const policy = createDeliveryPolicy("t", { retry: 4, backoffPolicy: "linear", backoffDelay: "PT1S" });
    expect(waits(policy, 4)).toEqual([0, 1000, 2000, 3000]);
  });

  it("stays at the last back-off beyond the retries", () => {
    const policy = createDeliveryPolicy("t", { retry: 3, backoffPolicy: "exponential", backoffDelay: "PT1S" });
    expect(waits(policy, 6)).toEqual([1000, 2000, 4000, 4000, 4000, 4000]);
    expect(
      createDeliveryPolicy("t", { retry: 0, backoffPolicy: "exponential", backoffDelay: "PT1S" }).backoffMs(5),
    ).toBe(1000);
  });

  it("has the default class's numbers when nothing is said", () => {
    const policy = createDeliveryPolicy("t");
    expect(policy).toMatchObject({ retry: 10, timeoutMs: undefined });
    expect(policy.backoffMs(2)).toBe(400);
  });

  it.each([
    ["PT30S", 30_000],
    ["PT0.25S", 200],
    ["PT1M30S", 90_000],
    ["PT2H", 7_200_000],
    ["P1DT1S", 86_401_000],
    ["P1W", 604_800_000],
    ["PT0,5M", 30_000],
  ])("reads the timeout %s", (timeout, expected) => {
    expect(createDeliveryPolicy("t", { timeout }).timeoutMs).toBe(expected);
  });

  it.each([
    [{ timeout: "30s" }, 'Trigger t: delivery.timeout: Expected an ISO 8601 duration such as PT0.2S, got "30s"'],
    [{ timeout: "PT0S" }, "delivery.timeout: Expected at least PT0.1S"],
    [{ format: "json" } as never, "delivery.format: Expected one of retry, backoffPolicy"],
    [{ retryAfterMax: "PT5S" } as never, "delivery.retryAfterMax"],
    [{ timeout: "P1M" }, "delivery.timeout"],
    [{ timeout: "P" }, "delivery.timeout"],
    [{ timeout: "PT" }, "delivery.timeout"],
    [{ backoffDelay: "" }, "delivery.backoffDelay"],
    [{ retry: -1 }, "delivery.retry: Expected an integer from 0, got -1"],
    [{ retry: 1.5 }, "delivery.retry"],
    [{ backoffPolicy: "random" as never }, 'delivery.backoffPolicy: Expected exponential or linear, got "random"'],
  ])("refuses %j", (spec, message) => {
    const attempt = () => createDeliveryPolicy("t", spec);
    expect(attempt).toThrow(TriggerError);
    expect(attempt).toThrow(message);
  });
});
