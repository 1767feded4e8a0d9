// Holds the local broker to what Knative's code answered (recorded.json, made by main.go).
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { DeliverySpec, Trigger } from "../../events/triggers.ts";
import { KNATIVE_VERSION } from "../../infra/versions.ts";
import { createDeliveryPolicy } from "../../local/broker/delivery-policy.ts";
import { openTestBroker, type TestBroker } from "../../local/testing/broker.ts";
import { startSubscriber, type TestSubscriber } from "../../local/testing/subscriber.ts";
import { EXCHANGES, type Exchange, POLICIES } from "./cases.ts";
import { DIFFERENCES } from "./differences.ts";
import type { Message } from "./requests.ts";

interface Result {
  refused?: string | true;
  status?: number;
  delivered?: Message[];
  elsewhere?: Message[];
  deadLetters?: Message[];
}

interface Policy {
  refused?: string;
  retry: number;
  timeoutMs?: number;
  waitsMs?: number[];
}

interface Recorded {
  policies: Record<string, Policy>;
  exchanges: Record<string, Result>;
}

const recorded: Recorded = JSON.parse(readFileSync(new URL("recorded.json", import.meta.url), "utf8"));

describe("a delivery spec", () => {
  it.each(Object.entries(POLICIES))("with %s means what it means in Knative", (name, spec) => {
    const got = policyOf(spec);
    const { refused, ...expected } = recorded.policies[name] as Policy;
    const same = refused === undefined ? expected : { refused: true };
    if (`policy: ${name}` in DIFFERENCES) expect(got).not.toEqual(same);
    else expect(got).toEqual(same);
  });
});

function policyOf(spec: DeliverySpec) {
  try {
    const { retry, timeoutMs, backoffMs } = createDeliveryPolicy("t", spec);
    // Knative counts on beyond the last retry; here there is none.
    const { backoffMs: ofMany } = createDeliveryPolicy("t", { ...spec, retry: 10 });
    expect(backoffMs(1)).toBe(ofMany(1));
    return { retry, ...(timeoutMs !== undefined && { timeoutMs }), waitsMs: [1, 2, 3, 4].map(ofMany) };
  } catch {
    return { refused: true };
  }
}

const groups = Map.groupBy(EXCHANGES, ({ trigger }) => JSON.stringify(trigger));

it.each(Array.from(groups, ([trigger, group]) => [(group[0] as Exchange).name, trigger, group] as const))(
  "the local broker does what Knative does, from %s on",
  async (_name, trigger, group) => {
    const target = await openTarget(JSON.parse(trigger));
    const got: Record<string, Result> = {};
    const expected: Record<string, Result> = {};
    for (const exchange of group) {
      const { name } = exchange;
      const result = await target.run(exchange);
      const same = normalized(recorded.exchanges[name] as Result);
      if (name in DIFFERENCES) {
        expect(result, name).not.toEqual(same);
      } else {
        got[name] = result;
        expected[name] = same;
      }
    }
    expect(got).toEqual(expected);
  },
);

it("the answers are those of the Knative that make up installs", () => {
  const [, minor] = KNATIVE_VERSION.split(".");
  // Knative 1.N has the Go modules v0.(N+27).
  const module = `knative.dev/eventing v0.${Number(minor) + 27}.`;
  expect(readFileSync(new URL("go.mod", import.meta.url), "utf8")).toContain(module);
});

it("every difference belongs to a case", () => {
  const names = [...EXCHANGES.map(({ name }) => name), ...Object.keys(POLICIES).map((name) => `policy: ${name}`)];
  expect(names).toEqual(expect.arrayContaining(Object.keys(DIFFERENCES)));
});

async function openTarget(spec: Trigger["spec"]) {
  const [target, elsewhere, sink] = await Promise.all([startSubscriber(), startSubscriber(), startSubscriber()]);
  onTestFinished(async () => {
    await Promise.all([target.close(), elsewhere.close(), sink.close()]);
  });
  const { delivery, ...rest } = spec;
  const deadLetterSink = delivery?.deadLetterSink && { uri: `${sink.url.origin}/` };
  const subscriber = { uri: `${target.url.origin}/in` };
  const local = {
    ...rest,
    subscriber,
    ...(delivery && { delivery: { ...delivery, ...(deadLetterSink && { deadLetterSink }) } }),
  };
  let broker: TestBroker | undefined;
  try {
    broker = await openTestBroker({ triggers: [{ name: "t", spec: local }] });
  } catch {
    // A Trigger that is refused: each result says so.
  }

  async function run({ name, request, answers }: Exchange): Promise<Result> {
    if (broker === undefined) return { refused: true };
    const { url, metrics } = broker;
    for (const { received } of [target, elsewhere, sink]) received.length = 0;
    target.answerWith((_request, response) => {
      const answer = answers[Math.min(target.received.length, answers.length) - 1] ?? { status: 204 };
      if (answer.fault === "cut") response.destroy();
      if (answer.fault !== undefined) return undefined;
      const headers = { ...answer.headers };
      if (headers.location) headers.location = headers.location.replace("http://elsewhere", elsewhere.url.origin);
      return { status: answer.status ?? 0, headers, body: answer.body ?? "" };
    });
    const { method = "POST", path, headers, body } = request;
    const outgoing = httpRequest({ port: new URL(url).port, path, method, headers });
    outgoing.end(body);
    const [response] = await once(outgoing, "response");
    response.resume();
    const lists = { delivered: target, elsewhere, deadLetters: sink };
    const expected = recorded.exchanges[name] as Result;
    await vi
      .waitFor(async () => {
        const pending = Object.entries(await metrics()).filter(([name]) => name.startsWith("pending "));
        expect(pending.every(([, count]) => count === 0)).toBe(true);
        // A reply is not pending until it is on disk: what is expected gets the time to arrive.
        const counts = Object.entries(lists).map(([list, { received }]) => [list, received.length] as const);
        const isThere = counts.every(([list, count]) => count >= (expected[list as keyof typeof lists]?.length ?? 0));
        expect(isThere || response.statusCode !== 202).toBe(true);
      }, 10_000)
      .catch(() => undefined); // what is missing fails the test by its name
    const messages = Object.entries(lists).map(
      ([name, list]) => [name, messagesOf(list, [url, target.url.origin])] as const,
    );
    const kept = messages.filter(([, list]) => list.length > 0);
    return normalized({ status: response.statusCode, ...Object.fromEntries(kept) });
  }
  return { run };
}

function messagesOf({ received }: TestSubscriber, [broker, target]: [string, string]): Message[] {
  return received.map(({ method, path, headers, body }) => {
    const kept = Object.entries(headers).filter(([name]) => /^(ce-|content-type$|prefer$)/.test(name));
    const names = (value: string) =>
      value.replace(broker, "http://ingress/default/pulsemesh").replace(target, "http://target");
    const named = kept.map(([name, value]) => [name, names(String(value))]);
    return { method, path: path.replace("?x=1", ""), headers: Object.fromEntries(named), body };
  });
}

/** What counts: header values as the binding decodes them, times as moments, an event's arrival as such. */
function normalized(result: Result): Result {
  const { refused, status, ...lists } = result;
  if (refused !== undefined) return { refused: true };
  const entries = Object.entries(lists).map(([list, messages]) => [list, messages.map(withDecodedHeaders)]);
  // Knative's broker answers after its subscribers, the local one before them.
  return { status: status === 500 ? 202 : status, ...Object.fromEntries(entries) };
}

function withDecodedHeaders({ headers, ...message }: Message): Message {
  const decoded = Object.entries(headers).map(([name, value]) => {
    if (name === "ce-knativearrivaltime") return [name, "(now)"];
    if (name === "ce-time") return [name, new Date(value).toISOString()];
    // A source that holds no blank when it is decoded was encoded; otherwise its %20 belongs to it.
    const text = decodeURIComponent(value);
    return [name, name === "ce-source" && text.includes(" ") ? value : text];
  });
  return { ...message, headers: Object.fromEntries(decoded) };
}
