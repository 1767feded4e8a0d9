// `make image`: builds the functions' image.
import { readClusterSettings } from "../../settings/read.ts";
import { buildImage } from "./image.ts";
import { main, requireTools } from "./tools.ts";

await main(async () => {
  requireTools("docker");
  await buildImage(readClusterSettings(process.env));
});
