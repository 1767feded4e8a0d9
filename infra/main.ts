// Writes both stacks as Terraform's JSON, by cdktf without its command. `node infra/main.ts` needs no cluster.
import { App } from "cdktf";
import type { ClusterSettings } from "../settings/cluster-settings.ts";
import { readClusterSettings } from "../settings/read.ts";
import { appStack, type Image } from "./app-stack.ts";
import { platformStack } from "./platform-stack.ts";

interface SynthesisOptions {
  settings: ClusterSettings;
  image: Image;
  ingestUrl?: string;
  passwordVersion?: string;
  outdir?: string;
}

/** Writes the stacks `platform` and `app` into <outdir>/stacks/. */
export function synthesize({ settings, image, ingestUrl, passwordVersion, ...options }: SynthesisOptions): void {
  const app = new App({ outdir: options.outdir ?? "cdktf.out" });
  platformStack(app, settings, passwordVersion);
  appStack(app, settings, image, ingestUrl);
  app.synth();
}

if (import.meta.main) {
  const [repository = "", tag = "latest"] = process.argv[2]?.split(/:(?=[^:/]*$)/) ?? [];
  if (repository === "") {
    console.error(
      "Expected the functions' image, such as `node infra/main.ts ghcr.io/pulsemesh/pulsemesh:0.1.0`, got none",
    );
    process.exit(2);
  }
  synthesize({ settings: readClusterSettings(process.env), image: { repository, tag } });
}
