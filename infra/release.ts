import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Release } from "@cdktf/provider-helm/lib/release/index.js";
import { AssetType, TerraformAsset } from "cdktf";
import type { Construct } from "constructs";
import type { ClusterSettings } from "../settings/cluster-settings.ts";
import type { PublicChart } from "./versions.ts";

interface ReleaseOptions {
  namespace: string;
  /** YAML texts or objects, which override the chart's values and each other in this order. */
  values?: readonly (string | object)[];
  /** Releases that Terraform installs before this one. */
  after?: readonly Release[];
}

/** A release of a chart in infra/charts. As an asset, so that Terraform notices an edited template. */
export function ownRelease(scope: Construct, name: string, options: ReleaseOptions): Release {
  const asset = new TerraformAsset(scope, `${name}-chart`, {
    path: resolve(import.meta.dirname, "charts", name),
    type: AssetType.DIRECTORY,
  });
  return release(scope, name, { chart: asset.path }, options);
}

/** A release of a public chart, from its repository or from a folder of archives. @throws for a missing archive */
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

// Terraform would evaluate ${…} and %{…} in any string.
function escapeTemplates(text: string): string {
  return text.replace(/[$%](?=\{)/g, (sign) => sign + sign);
}

/** The values for a chart in infra/charts: the profile's, then `ours`, then those of the user's folder. */
export function chartValues(
  chart: string,
  { profile, chartValues: folder }: ClusterSettings,
  ours: object,
): (string | object)[] {
  if (folder !== undefined && !existsSync(folder)) {
    throw new Error(`CHART_VALUES: Expected a folder with values of charts, got nothing at ${resolve(folder)}`);
  }
  const profileValues = textIn(resolve(import.meta.dirname, "charts", chart, `values-${profile}.yaml`));
  return [...profileValues, ours, ...(folder === undefined ? [] : textIn(resolve(folder, `${chart}.yaml`)))];
}

/** The text of a file, if there is one. */
function textIn(file: string): string[] {
  return existsSync(file) ? [readFileSync(file, "utf8")] : [];
}
