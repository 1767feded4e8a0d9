import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { openTestBroker, post } from "../testing/broker.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { TriggerError } from "./trigger-filter.ts";
import { readTriggersFile } from "./triggers-file.ts";

const HEAD = `apiVersion: eventing.knative.dev/v1
kind: Trigger
`;
const NAMED = `${HEAD}metadata: { name: hook }
`;
const SUBSCRIBER = "subscriber: { uri: 'http://hooks.example/in' }";
const WHOLE = `${NAMED}spec: { broker: pulsemesh, ${SUBSCRIBER} }
`;

function fileOf(text: string | Buffer): string {
  const file = join(temporaryFolder(), "triggers.yaml");
  writeFileSync(file, text);
  return file;
}

describe("a file of Triggers", () => {
  it("may hold several documents, with all that the local broker runs", () => {
    const text = `# People of the shop
---
${HEAD}metadata:
  name: hook
  namespace: default
  labels: { team: shop }
spec:
  broker: pulsemesh
  filter: { attributes: { health: down, type: "" } }
  subscriber: { uri: "https://hooks.example:8443/in?key=1" }
  delivery:
    retry: 3
    backoffPolicy: linear
    backoffDelay: PT1S
    timeout: PT5S
    deadLetterSink: { uri: "http://localhost:9001/" }
---
${HEAD}metadata:
  name: second.hook
  annotations: { kafka.eventing.knative.dev/delivery.order: ordered, team.example/x: y }
spec:
  broker: pulsemesh
  filters:
    - any: [{ prefix: { type: dev. } }, { not: { suffix: { subject: out } } }]
  subscriber: { uri: "http://localhost:9000" }
---
`;
    expect(readTriggersFile(fileOf(text))).toEqual([
      {
        name: "hook",
        spec: {
          broker: "pulsemesh",
          filter: { attributes: { health: "down", type: "" } },
          subscriber: { uri: "https://hooks.example:8443/in?key=1" },
          delivery: {
            retry: 3,
            backoffPolicy: "linear",
            backoffDelay: "PT1S",
            timeout: "PT5S",
            deadLetterSink: { uri: "http://localhost:9001/" },
          },
        },
      },
      {
        name: "second.hook",
        isOrdered: true,
        spec: {
          broker: "pulsemesh",
          filters: [{ any: [{ prefix: { type: "dev." } }, { not: { suffix: { subject: "out" } } }] }],
          subscriber: { uri: "http://localhost:9000" },
        },
      },
    ]);
  });

  const spec = (fields: string) => `${NAMED}spec: { broker: pulsemesh, ${fields} }\n`;
  it.each<[string, string | Buffer, RegExp]>([
    ["no document", "# none\n", /triggers\.yaml: Expected at least one document of kind Trigger, got none: leave/],
    ["no YAML", "a: [", /document 1: Expected YAML, got: .* at line 1, column 5:?$/],
    ["a tag", `${WHOLE}x: !secret y\n`, /document 1: Expected YAML, got: .*!secret/],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00]), /Expected a file in UTF-8/],
    [
      "aliases that multiply",
      `a: &a [x, x, x, x, x, x, x, x, x, x]\n${manyAliases()}`,
      /Expected YAML, got: Excessive/,
    ],
    ["brackets without end", "[".repeat(5000), /Expected YAML, got: /],
    ["too many bytes", `${WHOLE}#${"x".repeat(1024 * 1024)}`, /Expected at most 1048576 bytes/],
    ["text alone", "hook", /document 1: Expected a Trigger, got "hook"/],
    ["another version", WHOLE.replace("/v1", "/v1beta1"), /apiVersion: Expected eventing.knative.dev\/v1, got "even/],
    ["another kind", WHOLE.replace("kind: Trigger", "kind: Broker"), /kind: Expected Trigger, .*got "Broker"/],
    [
      "a field beside spec",
      `${WHOLE}status: {}\n`,
      /document\.status: Expected one of apiVersion, kind, metadata, spec/,
    ],
    ["no name", `${HEAD}spec: {}\n`, /metadata: Expected an object, got none/],
    ["a name in capitals", WHOLE.replace("hook", "Hook"), /metadata\.name: Expected letters a–z.*got "Hook"/],
    [
      "a built-in name",
      WHOLE.replace("hook", "persist"),
      /metadata\.name: Expected a name that no other Trigger has, got "persist"/,
    ],
    [
      "a name twice",
      `${WHOLE}---\n${WHOLE}`,
      /document 2: metadata\.name: Expected a name that no other Trigger has, got "hook"/,
    ],
    [
      "another order",
      WHOLE.replace("name: hook", "name: hook, annotations: { kafka.eventing.knative.dev/delivery.order: random }"),
      /delivery\.order\]: Expected ordered or unordered, got "random"/,
    ],
    ["another namespace", WHOLE.replace("name: hook", "name: hook, namespace: shop"), /Expected default, .*got "shop"/],
    ["another broker", WHOLE.replace("pulsemesh", "other"), /hook: spec\.broker: Expected pulsemesh, got "other"/],
    ["brokerRef", spec(`brokerRef: {}, ${SUBSCRIBER}`), /spec\.brokerRef: Expected one of broker, filters/],
    ["no subscriber", spec("delivery: {}"), /subscriber: Expected an object with uri, got none/],
    [
      "a ref",
      spec("subscriber: { ref: { apiVersion: v1, kind: Service, name: x } }"),
      /subscriber: Expected uri, got ref: .*write the URL/,
    ],
    ["a ref beside a uri", spec("subscriber: { uri: /in, ref: {} }"), /Expected uri, got ref/],
    ["an audience", spec("subscriber: { uri: 'http://x', audience: a }"), /subscriber\.audience: Expected one of uri/],
    ["a relative uri", spec("subscriber: { uri: /in }"), /subscriber\.uri: Expected an http:\/\/ or https:\/\/ URL/],
    ["another scheme", spec("subscriber: { uri: 'ftp://x/hidden' }"), /got a text that begins with "ftp:"$/],
    ["a password", spec("subscriber: { uri: 'http://u:hidden@x/' }"), /URL without a user, got .* "http:"$/],
    ["CESQL", spec(`${SUBSCRIBER}, filters: [{ cesql: "type = 'x'" }]`), /filters\[0\]: .*got "cesql": the local/],
    ["filters that are no list", spec(`${SUBSCRIBER}, filters: { exact: { type: x } }`), /filters: Expected a list/],
    ["a filter without attributes", spec(`${SUBSCRIBER}, filter: { type: x }`), /filter\.type: Expected one of attrib/],
    [
      "a truth value",
      spec(`${SUBSCRIBER}, filter: { attributes: { health: on } }`),
      /health: Expected text, .*got true/,
    ],
    [
      "an attribute in capitals",
      spec(`${SUBSCRIBER}, filter: { attributes: { Type: x } }`),
      /names of a–z.*got "Type"/,
    ],
    ["a format", spec(`${SUBSCRIBER}, delivery: { format: json }`), /delivery\.format: Expected one of retry, backoff/],
    ["a timeout of no form", spec(`${SUBSCRIBER}, delivery: { timeout: 5s }`), /timeout: Expected an ISO 8601.*"5s"/],
    ["half a retry", spec(`${SUBSCRIBER}, delivery: { retry: "3" }`), /delivery\.retry: Expected an integer from 0/],
    ["a sink that is a ref", spec(`${SUBSCRIBER}, delivery: { deadLetterSink: { ref: {} } }`), /deadLetterSink: .*ref/],
  ])("with %s is refused", (_name, text, message) => {
    const file = fileOf(text);
    const read = () => readTriggersFile(file);
    expect(read).toThrow(TriggerError);
    expect(read).toThrow(message);
    expect(read).not.toThrow(/hidden/);
  });

  it("that is not there is refused", () => {
    expect(() => readTriggersFile("absent.yaml")).toThrow(/^absent\.yaml: Expected a file .*: there is none$/);
  });
});

it("a Trigger of a file gets its events after a restart, with its own retries, dead letter and metrics", async () => {
  const sent = await openTestBroker();
  const hook = (url: URL, sink: URL) => `${NAMED}spec:
  broker: pulsemesh
  filter: { attributes: { health: down } }
  subscriber: { uri: "${url}" }
  delivery: { retry: 1, timeout: PT5S, deadLetterSink: { uri: "${sink}" } }
`;
  // The subscribers of a second broker, which has no others.
  const triggers = readTriggersFile(fileOf(hook(sent.subscriber.url, sent.deadLetterSink.url)));
  const own = await openTestBroker({ triggers });
  sent.subscriber.answerWith(({ id }) => ({
    status: id === "lost" || sent.subscriber.received.length === 1 ? 503 : 204,
  }));
  for (const [id, health] of Object.entries({ again: "down", well: "up", lost: "down" })) {
    expect((await post(own.url, id, { headers: { "ce-health": health } })).status).toBe(202);
  }
  await vi.waitFor(async () =>
    expect(await own.metrics()).toMatchObject({
      "events_total unmatched": 1,
      "deliveries_total hook delivered": 1,
      "deliveries_total hook retried": 2,
      "deliveries_total hook dead_letter_delivered": 1,
      "pending hook subscriber": 0,
    }),
  );
  expect(sent.subscriber.ids().toSorted()).toEqual(["again", "again", "lost", "lost"]);
  expect(sent.deadLetterSink.ids()).toEqual(["lost"]);

  sent.subscriber.answerWith(() => undefined);
  expect((await post(own.url, "kept", { headers: { "ce-health": "down" } })).status).toBe(202);
  await vi.waitFor(() => expect(sent.subscriber.ids()).toContain("kept"));
  await own.broker.close();
  sent.subscriber.answerWith(() => ({ status: 204 }));
  await own.restart();
  await vi.waitFor(async () => expect(await own.metrics()).toMatchObject({ "deliveries_total hook delivered": 1 }));
  expect(JSON.stringify(own.logLines)).not.toContain("/in?x=1");
});

function manyAliases(): string {
  const levels = "abcdefgh";
  const line = (to: string, i: number) => `${to}: &${to} [${Array(9).fill(`*${levels[i]}`).join(", ")}]\n`;
  return [...levels].slice(1).map(line).join("");
}
