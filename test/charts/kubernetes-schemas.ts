// JSON Schemas of the kinds that the charts and the documents' recipes have: strict ones, made from Kubernetes' OpenAPI and from the
// CRDs of Knative and the Prometheus operator, which come as Go modules in the installed versions.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { parse } from "yaml";

const KUBERNETES = "k8s.io/kubernetes@v1.34.4";
const SERVING = "knative.dev/serving@v0.50.0";
const EVENTING = "knative.dev/eventing@v0.50.0";
const OPERATOR = "knative.dev/operator@v0.50.0";
const PROMETHEUS_OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0";

const CRDS: Readonly<Record<string, readonly [module: string, file: string]>> = {
  "serving.knative.dev/v1 Service": [SERVING, "config/core/300-resources/service.yaml"],
  "eventing.knative.dev/v1 Broker": [EVENTING, "config/core/resources/broker.yaml"],
  "eventing.knative.dev/v1 Trigger": [EVENTING, "config/core/resources/trigger.yaml"],
  "eventing.knative.dev/v1alpha1 EventPolicy": [EVENTING, "config/core/resources/eventpolicy.yaml"],
  "eventing.knative.dev/v1alpha1 EventTransform": [EVENTING, "config/core/resources/eventtransform.yaml"],
  "sources.knative.dev/v1 PingSource": [EVENTING, "config/core/resources/pingsource.yaml"],
  "operator.knative.dev/v1beta1 KnativeServing": [
    OPERATOR,
    "config/crd/bases/operator.knative.dev_knativeservings.yaml",
  ],
  "operator.knative.dev/v1beta1 KnativeEventing": [
    OPERATOR,
    "config/crd/bases/operator.knative.dev_knativeeventings.yaml",
  ],
  ...Object.fromEntries(
    [
      ["v1 PodMonitor", "podmonitors"],
      ["v1 PrometheusRule", "prometheusrules"],
      ["v1alpha1 AlertmanagerConfig", "alertmanagerconfigs"],
    ].map(([kind, file]) => [
      `monitoring.coreos.com/${kind}`,
      [PROMETHEUS_OPERATOR, `example/prometheus-operator-crd/monitoring.coreos.com_${file}.yaml`] as const,
    ]),
  ),
};

/** The names that `writeSchemas` gives its files, for kubeconform. */
export const SCHEMA_LOCATION = "{{.ResourceKind}}{{.KindSuffix}}.json";

type Kind = { apiVersion: string; kind: string };
type Schema = Record<string, unknown>;
type OpenApi = { definitions: Record<string, Schema> };

/** Writes the schemas of these kinds into a folder. @throws for a kind without a schema */
export function writeSchemas(folder: string, kinds: readonly Kind[]): void {
  const distinct = new Map(kinds.map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }]));
  for (const { apiVersion, kind } of distinct.values()) {
    const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : [undefined, apiVersion];
    const suffix = group === undefined ? `-${version}` : `-${group.split(".")[0]}-${version}`;
    writeFileSync(join(folder, `${kind.toLowerCase()}${suffix}.json`), JSON.stringify(schemaOf({ apiVersion, kind })));
  }
}

/** What is wrong with a manifest, by its kind's schema. @throws for a kind without a schema */
export function faultsOf(manifest: Kind): string[] {
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schemaOf(manifest));
  validate(manifest);
  const { kind } = manifest;
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${kind}${instancePath} ${message} ${JSON.stringify(params)}`;
  });
}

function schemaOf({ apiVersion, kind }: Kind): Schema {
  const schema = crdSchema(apiVersion, kind) ?? openApiSchema(definitions(), apiVersion, kind);
  if (schema === undefined) throw new Error(`Expected a schema of ${apiVersion} ${kind}, got none: add its CRD`);
  return schema;
}

let read: OpenApi["definitions"] | undefined;

/** Kubernetes' own kinds. They are large: read once, where one is asked for. */
function definitions(): OpenApi["definitions"] {
  const file = () => readFileSync(join(moduleFolder(KUBERNETES), "api/openapi-spec/swagger.json"), "utf8");
  read ??= (JSON.parse(file()) as OpenApi).definitions;
  return read;
}

function crdSchema(apiVersion: string, kind: string): Schema | undefined {
  const [module, file] = CRDS[`${apiVersion} ${kind}`] ?? [];
  if (module === undefined || file === undefined) return undefined;
  const { spec } = parse(readFileSync(join(moduleFolder(module), file), "utf8"));
  const version = spec.versions.find(({ name }: { name: string }) => name === apiVersion.split("/")[1]);
  const schema = strict(version.schema.openAPIV3Schema) as { properties: Schema };
  const text = { type: "string" };
  return {
    ...schema,
    properties: { apiVersion: text, kind: text, metadata: { type: "object" }, ...schema.properties },
  };
}

function openApiSchema(definitions: Record<string, Schema>, apiVersion: string, kind: string): Schema | undefined {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  type GroupedKind = { group: string; version: string; kind: string };
  const isWanted = (one: GroupedKind) => one.group === group && one.version === version && one.kind === kind;
  const name = Object.keys(definitions).find((key) =>
    (definitions[key]?.["x-kubernetes-group-version-kind"] as GroupedKind[] | undefined)?.some(isWanted),
  );
  if (name === undefined) return undefined;
  const used: Record<string, unknown> = {};
  const take = (key: string): void => {
    if (key in used) return;
    used[key] = strict(definitions[key]);
    for (const [, inner] of JSON.stringify(used[key]).matchAll(/"#\/definitions\/([^"]+)"/g)) take(inner as string);
  };
  take(name);
  return { $ref: `#/definitions/${name}`, definitions: used };
}

// An unknown field is a fault, as in the API server's strict validation.
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== "object" || value === null) return value;
  const schema = value as Schema;
  if (schema.format === "int-or-string") return { type: ["string", "integer"] };
  const inner = Object.fromEntries(Object.entries(schema).map(([key, one]) => [key, strict(one)]));
  const isClosed =
    typeof schema.properties === "object" &&
    schema.type !== undefined &&
    !("additionalProperties" in schema) &&
    schema["x-kubernetes-preserve-unknown-fields"] !== true;
  return isClosed ? { ...inner, additionalProperties: false } : inner;
}

const folders = new Map<string, string>();

/** The folder with a Go module's sources. */
export function moduleFolder(module: string): string {
  const known = folders.get(module);
  if (known !== undefined) return known;
  const { Dir } = JSON.parse(
    execFileSync("go", ["mod", "download", "-json", module], { encoding: "utf8", cwd: tmpdir() }),
  );
  folders.set(module, Dir);
  return Dir;
}
