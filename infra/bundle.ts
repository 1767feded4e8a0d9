// Bundles every function to one file, for the image. CommonJS, because faas-js-runtime is and does not run otherwise: it
// assigns an undeclared global.
import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { FUNCTIONS } from "../settings/function-settings.ts";

const { values } = parseArgs({
  options: { outdir: { type: "string", default: "dist" }, help: { type: "boolean", default: false } },
});
if (values.help) {
  console.log("Usage: npm run build -- [--outdir dist]\n\nBundles each function to <outdir>/<function>.cjs; run one with `node dist/pulse-ingest.cjs`.");
  process.exit(0);
}

for (const name of FUNCTIONS) {
  const outfile = `${values.outdir}/${name}.cjs`;
  await build({
    entryPoints: ["functions/main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    minify: true,
    keepNames: true,
    legalComments: "none",
    // The function is known: what the others would import is left out.
    define: { "process.env.PULSE_FUNCTION": JSON.stringify(name) },
    logLevel: "warning",
  });
  console.log(`${outfile} ${Math.round((await stat(outfile)).size / 1024)} kB`);
}
