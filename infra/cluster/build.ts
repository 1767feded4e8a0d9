// `make image`: builds the functions' image.
import { clusterSettings } from "../../settings/cluster-settings.ts";
import { readSettings } from "../../settings/setting.ts";
import { buildImage } from "./image.ts";
import { main, requireTools } from "./tools.ts";

await main(async () => {
  requireTools("docker");
  await buildImage(readSettings(clusterSettings, process.env));
});
