// Bundles each function to one file, for the image, beside one for each large package that several of them have. The format is
// CommonJS: faas-js-runtime does not run as a module.
import { cp, stat, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { build, type Plugin } from "esbuild";
import { buildPage } from "../functions/pulse-query/page/build.ts";
import { RUNTIME_BANNER, slimRuntime } from "../functions/runtime/bundling.ts";
import { FUNCTIONS } from "../settings/function-settings.ts";

const USAGE = `Usage: npm run build -- [--outdir dist]

Bundles each function to <outdir>/<function>.cjs, which loads the packages beside it: run one with \`node dist/pulse-ingest.cjs\`. <outdir>/main.cjs runs
the function that PULSE_FUNCTION names. <outdir>/handler.cjs is pulse-ingest for the stock faas-js-runtime command
(\`npm start\`), and <outdir>/schema.cjs is the command \`npm run schema\`.`;

const { values } = parseArgs({
  options: { outdir: { type: "string", default: "dist" }, help: { type: "boolean", default: false } },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

// Widths of letters in the fonts of styles of badges that pulse-query does not draw: 700 kB.
const slimBadges: Plugin = {
  name: "slim-badges",
  setup({ onLoad }) {
    const widthOfM = { contents: "[[109, 109, 9]]", loader: "json" } as const; // asked for before there is any text
    onLoad({ filter: /anafanafo\/data\/(helvetica|verdana-10px)-.*\.json$/ }, () => widthOfM);
  },
};

// In the bundle the page is text, so that neither its sources nor a bundler are needed.
const page = await buildPage();
const pageAsText: Plugin = {
  name: "page-as-text",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]pulse-query[/\\]page[/\\]build\.ts$/ }, () => ({
      contents: `export async function buildPage() { return ${JSON.stringify(page)}; }`,
    }));
  },
};

/** Packages that most functions have, once for all: in each bundle they were half of the image. */
const SHARED = ["cassandra-driver", "faas-js-runtime", "undici"];
const sharedPackages: Plugin = {
  name: "shared-packages",
  setup({ onResolve }) {
    const filter = new RegExp(`^(${SHARED.join("|")})$`);
    onResolve({ filter }, ({ path, importer }) =>
      importer === "<stdin>" ? undefined : { path: `./${path}.cjs`, external: true },
    );
  },
};

for (const name of SHARED) await bundle(name, `module.exports = require("${name}");`);
for (const name of FUNCTIONS) {
  await bundle(
    name,
    `
      import { run } from "./functions/runtime/run.ts";
      import { compose } from "./functions/${name}/compose.ts";
      run({ ...process.env, PULSE_FUNCTION: "${name}" }, async () => compose);`,
  );
}
// What `npm start`, which Knative's func runs, gives to the stock command.
await bundle("handler", 'export { handle, init } from "./functions/handler.ts";');
await bundle(
  "schema",
  `
    import { main } from "./storage/cassandra/schema-cli.ts";
    main();`,
);
await cp("storage/cassandra/schema", `${values.outdir}/schema`, { recursive: true });
await writeFile(
  `${values.outdir}/main.cjs`,
  `const names = ${JSON.stringify(FUNCTIONS)};
const name = process.env.PULSE_FUNCTION || names[0];
if (!names.includes(name)) {
  console.error(\`PULSE_FUNCTION: Expected one of \${names.join(", ")}, got "\${name}"\`);
  process.exit(1);
}
require(\`./\${name}.cjs\`);
`,
);

async function bundle(name: string, contents: string): Promise<void> {
  const outfile = `${values.outdir}/${name}.cjs`;
  await build({
    stdin: { resolveDir: process.cwd(), contents },
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    minify: true,
    keepNames: true,
    legalComments: "none",
    define: { "import.meta.dirname": "__dirname", "import.meta.main": "false" },
    banner: { js: RUNTIME_BANNER },
    plugins: [sharedPackages, slimRuntime, slimBadges, pageAsText],
    logLevel: "warning",
  });
  console.log(`${outfile} ${Math.round((await stat(outfile)).size / 1024)} kB`);
}
