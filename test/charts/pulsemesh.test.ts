// The chart pulsemesh: what its parts say to each other.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isSkippedWithout } from "../../dashboards/testing/tools.ts";
import { TRIGGERS } from "../../events/triggers.ts";
import { parseServices } from "../../health/services-file.ts";
import { FUNCTIONS } from "../../settings/function-settings.ts";
import { MALLOC_ENV, NODE_FLAGS } from "../../settings/node-flags.ts";
import { type Manifest, MONITORED, render } from "./render.ts";

const KAFKA_SINK = "http://kafka-broker-ingress.knative-eventing.svc.cluster.local/default/pulsemesh";

describe.skipIf(isSkippedWithout("helm"))("the chart", () => {
  it("pulsemesh lets dead letters wait in Kafka, so that they need no Cassandra", () => {
    const manifests = render("pulsemesh", ["-f", "infra/charts/pulsemesh/values-durable.yaml"]);
    const triggers = Object.fromEntries(
      manifests.filter(({ kind }) => kind === "Trigger").map(({ metadata, spec }) => [metadata.name, spec]),
    );
    expect(triggers.persist.delivery.deadLetterSink.ref).toMatchObject({
      kind: "Broker",
      name: "pulsemesh-dead-letters",
    });
    expect(triggers["dead-letters"]).toMatchObject({
      broker: "pulsemesh-dead-letters",
      subscriber: { ref: { kind: "Service", name: "pulse-deadletter" } },
    });
    // Linear back-off waits n delays before the n-th retry, n from 0: the retries outlast an outage of an hour.
    expect(secondsOf(triggers.persist.delivery)).toBe(8010);
    expect(secondsOf(triggers["dead-letters"].delivery)).toBe(159_600);
    const ingest = manifests.find(({ kind, metadata }) => kind === "Service" && metadata.name === "pulse-ingest");
    expect(ingest.spec.template.spec.containers[0].env).toContainEqual({ name: "K_SINK", value: KAFKA_SINK });
    const budgets = manifests.filter(({ kind }) => kind === "PodDisruptionBudget").map(({ metadata }) => metadata.name);
    // pulse-health has one pod, which a budget would bind to its node.
    expect(budgets.sort()).toEqual(FUNCTIONS.filter((name) => name !== "pulse-health").sort());
  });

  it("pulsemesh fails the schema's Job at once where a setting is wrong, and shows the reason in the pod's status", () => {
    const job = render("pulsemesh", []).find(({ kind }) => kind === "Job");
    expect(job?.spec.podFailurePolicy.rules).toEqual([
      { action: "FailJob", onExitCodes: { containerName: "schema", operator: "In", values: [2] } },
    ]);
    // Kubernetes takes a policy only with pods that do not restart.
    expect(job?.spec.template.spec).toMatchObject({
      restartPolicy: "Never",
      containers: [
        { name: "schema", args: ["schema.cjs", "apply", "--wait"], terminationMessagePolicy: "FallbackToLogsOnError" },
      ],
    });
  });

  it("pulsemesh exposes only pulse-ingest and pulse-query outside the cluster", () => {
    const services = render("pulsemesh", []).filter(({ apiVersion }) => apiVersion === "serving.knative.dev/v1");
    const isLocal = ({ metadata }: Manifest) =>
      metadata.labels["networking.knative.dev/visibility"] === "cluster-local";
    expect(services.filter(isLocal).map(({ metadata }) => metadata.name)).toEqual([
      "pulse-deadletter",
      "pulse-health",
      "pulse-persist",
    ]);
  });

  it("pulsemesh tells each function where its own spans go, and only where that is said", () => {
    const envOf = (settings: string[]) =>
      render("pulsemesh", settings)
        .filter(({ apiVersion }) => apiVersion === "serving.knative.dev/v1")
        .map(({ spec }) => spec.template.spec.containers[0].env)
        .map((env) => env.filter(({ name }: Manifest) => name.startsWith("OTEL_")));
    expect(envOf([])).toEqual(FUNCTIONS.map(() => []));
    const settings = "tracing.endpoint=http://tempo:4318,tracing.sampler=traceidratio,tracing.samplerArg=0.1";
    expect(envOf(["--set", `${settings},tracing.headersSecret=tempo`])).toEqual(
      FUNCTIONS.map(() => [
        { name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "http://tempo:4318" },
        { name: "OTEL_TRACES_SAMPLER", value: "traceidratio" },
        { name: "OTEL_TRACES_SAMPLER_ARG", value: "0.1" },
        { name: "OTEL_EXPORTER_OTLP_HEADERS", valueFrom: { secretKeyRef: { name: "tempo", key: "headers" } } },
      ]),
    );
  });

  it("pulsemesh gives each function the tokens that it asks for, the hosts, and the header with a proxy's user", () => {
    const secrets = "tokensSecret=senders,readTokensSecret=readers,adminTokensSecret=admins";
    const hosts = ["--set", "allowedHosts={pulse.example}", "--set", "userHeader=x-user"];
    const services = render("pulsemesh", ["--set", secrets, ...hosts]).filter(
      ({ apiVersion }) => apiVersion === "serving.knative.dev/v1",
    );
    const found = services.map(({ metadata, spec }) => {
      const { containers, volumes } = spec.template.spec;
      const [{ env, volumeMounts }] = containers;
      const files = env.filter(({ name }: Manifest) => name.endsWith("_TOKENS_FILE"));
      const sources = files.map(({ name, value }: Manifest) => {
        const mount = volumeMounts.find(({ mountPath }: Manifest) => value === `${mountPath}/tokens`);
        return [name, volumes.find((volume: Manifest) => volume.name === mount.name).secret.secretName];
      });
      return [metadata.name, Object.fromEntries(sources)];
    });
    expect(Object.fromEntries(found)).toEqual({
      "pulse-ingest": { PULSE_INGEST_TOKENS_FILE: "senders", PULSE_READ_TOKENS_FILE: "readers" },
      "pulse-persist": { PULSE_READ_TOKENS_FILE: "readers" },
      "pulse-query": { PULSE_READ_TOKENS_FILE: "readers", PULSE_ADMIN_TOKENS_FILE: "admins" },
      "pulse-deadletter": { PULSE_READ_TOKENS_FILE: "readers", PULSE_ADMIN_TOKENS_FILE: "admins" },
      "pulse-health": { PULSE_READ_TOKENS_FILE: "readers" },
    });
    const [{ env }] = services.find(({ metadata }) => metadata.name === "pulse-query").spec.template.spec.containers;
    const inside = "pulse-query.default,pulse-query.default.svc,pulse-query.default.svc.cluster.local";
    expect(env).toContainEqual({ name: "PULSE_ALLOWED_HOSTS", value: `pulse.example,${inside}` });
    expect(env).toContainEqual({ name: "PULSE_USER_HEADER", value: "x-user" });
  });

  it("pulsemesh gives what is known of services to those who judge them and to those who show them", () => {
    const readers = render("pulsemesh", [])
      .filter(({ apiVersion }) => apiVersion === "serving.knative.dev/v1")
      .filter(({ spec }) => {
        const { containers, volumes } = spec.template.spec;
        const [{ env, volumeMounts }] = containers;
        const file = env.find(({ name }: Manifest) => name === "PULSE_SERVICES_FILE");
        const mount = volumeMounts.find(({ mountPath }: Manifest) => file?.value === `${mountPath}/services.yaml`);
        return volumes.some(
          ({ name, configMap }: Manifest) => name === mount?.name && configMap?.name === "pulsemesh-services",
        );
      });
    expect(readers.map(({ metadata }) => metadata.name).sort()).toEqual(["pulse-health", "pulse-query"]);
  });

  it("pulsemesh writes what is known of services as their file has it", () => {
    const entries = [
      { services: "old-*", retired: true },
      {
        services: ["db", "shop/*"],
        period: "90s",
        grace: "5min",
        down_share: "60%",
        least_pulses: 3,
        statuses: { 429: "degraded", "4xx": "down", no: "down", "on: hold": "up" },
        owner: '#1 "storage": team',
        link: "https://wiki.example/db?a=1&b=2#c",
        maintenance: [
          { from: "2026-12-24T22:00:00Z", to: "2026-12-25T04:00:00Z", reason: "a disk\nand a fan" },
          { weekly: ["sunday"], from: "22:00", to: "23:30", zone: "Europe/Berlin" },
        ],
      },
    ];
    const manifests = render("pulsemesh", ["--set-json", `services=${JSON.stringify(entries)}`]);
    const { data } = manifests.find(({ metadata }) => metadata?.name === "pulsemesh-services") as Manifest;
    const named = { file: "services.yaml", variable: "PULSE_SERVICES_FILE" };
    const services = parseServices(data["services.yaml"], named);
    const whole = parseServices(JSON.stringify(entries), named);
    const year = { from: Date.UTC(2026, 0), to: Date.UTC(2027, 0) };
    for (const name of ["old-shop", "db", "shop/eu", "else"]) {
      const [one, other] = [services.of(name), whole.of(name)].map((settings) => ({
        ...settings,
        planned: settings.plannedIn(year),
        said: ["429", "404", "no", "on: hold"].map(settings.healthOfStatus),
      }));
      expect(JSON.parse(JSON.stringify(one))).toEqual(JSON.parse(JSON.stringify(other)));
    }
    expect(services.of("old-shop").isRetired).toBe(true);
    expect(["429", "404", "no", "on: hold"].map(services.of("db").healthOfStatus)).toEqual([
      "degraded",
      "down",
      "down",
      "up",
    ]);
    expect(services.of("shop/eu").plannedIn(year).length).toBeGreaterThan(50);
  });

  it("pulsemesh lets Alertmanager post the alerts of its namespace to the paths of a webhook", () => {
    const manifests = render("pulsemesh", [
      ...MONITORED,
      "--set",
      "monitoring.alertWebhook=http://alerts.example/pulse/",
    ]);
    const { receivers } = manifests.find(({ kind }) => kind === "AlertmanagerConfig").spec;
    expect(receivers.map(({ webhookConfigs }: Manifest) => webhookConfigs[0].url)).toEqual([
      "http://alerts.example/pulse/on-call",
      "http://alerts.example/pulse/working-hours",
    ]);
    const rules = manifests
      .find(({ kind }) => kind === "PrometheusRule")
      .spec.groups.flatMap(({ rules }: Manifest) => rules);
    const namespaces = rules.filter(({ alert }: Manifest) => alert).map(({ labels }: Manifest) => labels.namespace);
    expect(new Set(namespaces)).toEqual(new Set(["default"]));
    expect(render("pulsemesh", MONITORED).filter(({ kind }) => kind === "AlertmanagerConfig")).toEqual([]);
  });

  it.each(["values.yaml", "values-durable.yaml"])(
    "every Trigger waits longer than the function it calls, with %s",
    (file) => {
      const manifests = render("pulsemesh", ["-f", `infra/charts/pulsemesh/${file}`]);
      const limits = new Map(
        manifests
          .filter(({ apiVersion }) => apiVersion === "serving.knative.dev/v1")
          .map(({ metadata, spec }) => [metadata.name, spec.template.spec.timeoutSeconds]),
      );
      const triggers = manifests.filter(({ kind }) => kind === "Trigger");
      expect(triggers.length).toBeGreaterThan(0);
      for (const { spec } of triggers) {
        const [, seconds] = /^PT(\d+)S$/.exec(spec.delivery.timeout) ?? [];
        expect(Number(seconds)).toBeGreaterThan(limits.get(spec.subscriber.ref.name));
      }
    },
  );

  it("no request passes the activator or writes a line to Kourier's log", () => {
    const services = render("pulsemesh", []).filter(({ apiVersion }) => apiVersion === "serving.knative.dev/v1");
    const capacities = services.map(
      ({ spec }) => spec.template.metadata.annotations["autoscaling.knative.dev/target-burst-capacity"],
    );
    expect(capacities).toEqual(FUNCTIONS.map(() => "0"));
    const serving = render("knative", []).find(({ kind }) => kind === "KnativeServing");
    expect(serving?.spec.config.kourier["enable-service-access-logging"]).toBe("false");
  });

  it("Kourier adds the addresses of clients where that is wanted", () => {
    const settings = (...args: string[]) =>
      render("knative", args).find(({ kind }) => kind === "KnativeServing")?.spec.config.kourier["use-remote-address"];
    expect([settings(), settings("--set", "gateway.addsClientAddress=true")]).toEqual([undefined, "true"]);
  });
});

describe("the values of the chart pulsemesh", () => {
  const values = parse(readFileSync("infra/charts/pulsemesh/values.yaml", "utf8"));

  it("have the Triggers of events/triggers.ts", () => {
    expect(values.triggers).toEqual(TRIGGERS);
  });

  it.each(FUNCTIONS)("limit the heap of %s to less than the container's memory", (name) => {
    const { nodeOptions, resources } = values.functions[name];
    expect(nodeOptions.split(" ")).toEqual(NODE_FLAGS[name]);
    const heap = Number(/max-old-space-size=(\d+)/.exec(nodeOptions)?.[1]);
    expect(Number.parseInt(resources.limits.memory, 10)).toBeGreaterThan(heap * 1.5);
  });

  it("need not say how malloc keeps memory: the image does", () => {
    const [line] = /^ENV .*$/m.exec(readFileSync("Dockerfile", "utf8")) ?? [];
    for (const [name, value] of Object.entries(MALLOC_ENV)) expect(line?.split(" ")).toContain(`${name}=${value}`);
  });
});

function secondsOf({ retry, backoffDelay }: { retry: number; backoffDelay: string }): number {
  return (Number(/PT(.*)S/.exec(backoffDelay)?.[1]) * retry * (retry - 1)) / 2;
}
