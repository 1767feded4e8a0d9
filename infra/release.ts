import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Release } from "@cdktf/provider-helm/lib/release/index.js";
import { AssetType, TerraformAsset } from "cdktf";
import type { Construct } from "constructs";
import type { PublicChart } from "./versions.ts";

interface ReleaseOptions {
  namespace: string;
  /** Laid over the chart's own in this order: YAML texts or objects. */
  values?: readonly (string | object)[];
  /** Releases that have to be there before. */
  after?: readonly Release[];
}

/** A release of a chart in infra/charts. The chart is an asset, so that an edit of a template shows as a change. */
export function ownRelease(scope: Construct, name: string, options: ReleaseOptions): Release {
  const asset = new TerraformAsset(scope, `${name}-chart`, {
    path: resolve(import.meta.dirname, "charts", name),
    type: AssetType.DIRECTORY,
  });
  return release(scope, name, { chart: asset.path }, options);
}

/** A release of a public chart, from its repository or from a folder of archives. @throws when the archive is not there. */
export function publicRelease(
  scope: Construct,
  { name, repository, version }: PublicChart,
  chartDir: string | undefined,
  options: ReleaseOptions,
): Release {
  if (chartDir === undefined) return release(scope, name, { chart: name, repository, version }, options);
  const archive = resolve(chartDir, `${name}-${version}.tgz`);
  if (!existsSync(archive)) {
    throw new Error(
      `CHART_DIR: Expected ${archive}, got nothing: get it with \`helm pull ${name} --repo ${repository} --version ${version}\``,
    );
  }
  return release(scope, name, { chart: archive }, options);
}

function release(
  scope: Construct,
  name: string,
  chart: { chart: string; repository?: string; version?: string },
  { namespace, values = [], after = [] }: ReleaseOptions,
): Release {
  return new Release(scope, name, {
    ...chart,
    name,
    namespace,
    createNamespace: true,
    wait: true,
    timeout: 900,
    values: values.map((value) => escapeTemplates(typeof value === "string" ? value : JSON.stringify(value))),
    dependsOn: [...after],
  });
}

// Terraform takes ${…} and %{…} in any string for a template of its own.
function escapeTemplates(text: string): string {
  return text.replace(/[$%](?=\{)/g, (sign) => sign + sign);
}

/** The values of a profile for a chart of ours, where it has any. */
export function chartProfile(chart: string, profile: string): string[] {
  const file = resolve(import.meta.dirname, "charts", chart, `values-${profile}.yaml`);
  return existsSync(file) ? [readFileSync(file, "utf8")] : [];
}
