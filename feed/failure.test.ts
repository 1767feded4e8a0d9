import { describe, expect, it } from "vitest";
import { failureOf } from "./failure.ts";
import type { SendOutcome } from "./pulse-sender.ts";

type Failure = Exclude<SendOutcome, { kind: "accepted" | "stopped" }>;

const SUBJECT = { name: "a.csv", remedyOfAge: "Send newer ones.", remedyOfSize: "Send fewer." };
const URL_OF_INGEST = new URL("http://localhost:8080/pulse");

function refusal(status: number, pointer?: string, rule = "Expected x"): Failure {
  const faults = pointer === undefined ? [] : [{ pointer, rule, got: "y" }];
  return { kind: "refused", status, detail: "No.", faults };
}

describe("the message about a failure", () => {
  it.each<[Failure, string]>([
    [
      { kind: "unreachable", reason: "the connection was refused" },
      "http://localhost:8080/pulse took nothing: the connection was refused. Start PulseMesh with `make run`, or name its address with --url.",
    ],
    [
      { kind: "unreachable", reason: "503: The broker is away.", status: 503 },
      "http://localhost:8080/pulse took nothing: 503: The broker is away. Its http://localhost:8080/health/ready may say why.",
    ],
    [refusal(413), "http://localhost:8080/pulse answered 413: No. Send fewer."],
    [refusal(422), "http://localhost:8080/pulse answered 422: No."],
    [refusal(401), "http://localhost:8080/pulse answered 401: No. Give a known token with --token-file FILE."],
    [
      refusal(308),
      "http://localhost:8080/pulse answered 308: No. Check --url: it is pulse-ingest's address, with the path /pulse.",
    ],
    [
      refusal(400, "", "Expected at most 100 pulses in a request"),
      "a.csv: Expected at most 100 pulses in a request, got y. Send fewer.",
    ],
    [refusal(400, "/1/status"), "a.csv, line 9: /status: Expected x, got y."],
    [
      refusal(400, "/0/event_time", "Expected a time at most 30 days old"),
      "a.csv, line 7: /event_time: Expected a time at most 30 days old, got y. Send newer ones.",
    ],
  ])("%j", (failure, message) => {
    expect(failureOf(failure, URL_OF_INGEST, SUBJECT, [7, 9])).toBe(message);
  });
});
