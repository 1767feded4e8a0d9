import { describe, expect, it } from "vitest";
import { readClusterSettings } from "./read.ts";

describe("the settings of `make up`", () => {
  it.each([
    ["alerts.example", '"alerts.example"'],
    ["ftp://alerts.example", '"ftp://alerts.example"'],
    ["https://me:hunter2@alerts.example", '"https://…@alerts.example"'],
    ["https://alerts.example/?token=hunter2", '"https://alerts.example/?…"'],
    ["https://alerts.example/#on-call", '"https://alerts.example/#on-call"'],
  ])("refuse %s as the webhook of alerts, without showing a secret", (text, shown) => {
    expect(() => readClusterSettings({ ALERT_WEBHOOK: text })).toThrow(
      `ALERT_WEBHOOK: Expected an http:// or https:// URL without a password, query or fragment, got ${shown}`,
    );
  });

  it("refuse a webhook where there is no Alertmanager", () => {
    const alertWebhook = { ALERT_WEBHOOK: "https://alerts.example" };
    expect(() => readClusterSettings({ ...alertWebhook, MONITORING: "none" })).toThrow(
      "ALERT_WEBHOOK: Expected MONITORING=install or MONITORING=existing with it, got none",
    );
    expect(readClusterSettings({ ...alertWebhook, MONITORING: "existing" }).alertWebhook).toBe(
      "https://alerts.example",
    );
  });
});
