import { parseAllDocuments } from "yaml";
import { runTool } from "../../dashboards/testing/tools.ts";

// biome-ignore lint/suspicious/noExplicitAny: objects of many kinds, whose shapes kubeconform checks.
export type Manifest = any;

/** Values that install what a monitored cluster has. */
export const MONITORED = ["--set", "monitoring.enabled=true"];

const rendered = new Map<string, Manifest[]>();

/** The manifests that Helm renders from a chart. */
export function render(chart: string, args: readonly string[]): Manifest[] {
  const key = JSON.stringify([chart, args]);
  const known = rendered.get(key);
  if (known !== undefined) return known;
  const output = runTool("helm", [
    ...["template", chart, `infra/charts/${chart}`, "--namespace", "default", "--kube-version", "1.34.4"],
    ...args,
  ]);
  const documents = parseAllDocuments(output.slice(output.indexOf("---"))) as { toJS(): Manifest }[];
  const manifests = documents.map((document) => document.toJS()).filter((manifest) => manifest !== null);
  rendered.set(key, manifests);
  return manifests;
}

/** The pods of manifests, each with the name of its owner. */
export function podsOf(manifests: readonly Manifest[]): { name: string; pod: Manifest }[] {
  return manifests
    .filter(({ spec }) => spec?.template?.spec?.containers !== undefined)
    .map(({ kind, metadata, spec }) => ({ name: `${kind} ${metadata.name}`, pod: spec.template.spec }));
}
