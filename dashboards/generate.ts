// `npm run dashboards` writes dashboards/generated/ and the chart's copies; with --check it only says whether they are up to date.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { chartFiles, generatedFiles } from "./generated-files.ts";

const ROOT = join(import.meta.dirname, "..");

const { values } = parseArgs({
  options: { check: { type: "boolean", default: false }, "runbook-url": { type: "string" } },
});
write("dashboards/generated", generatedFiles({ runbookUrl: values["runbook-url"] }));
write("infra/charts/pulsemesh/files", chartFiles());

function write(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    if (readOrEmpty(join(ROOT, file)) === text) continue;
    if (values.check) {
      console.error(`Expected ${file} to be up to date, got another text: run npm run dashboards`);
      process.exitCode = 1;
      continue;
    }
    mkdirSync(dirname(join(ROOT, file)), { recursive: true });
    writeFileSync(join(ROOT, file), text);
    console.log(`wrote ${file}`);
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
