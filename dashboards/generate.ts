// `npm run dashboards` writes dashboards/generated/; with --check it only says whether that is up to date.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { generatedFiles } from "./generated-files.ts";

const FOLDER = fileURLToPath(new URL("generated/", import.meta.url));

const { values } = parseArgs({
  options: { check: { type: "boolean", default: false }, "runbook-url": { type: "string" } },
});
const files = generatedFiles({ runbookUrl: values["runbook-url"] });
const stale = Object.entries(files).filter(([name, text]) => readOrEmpty(`${FOLDER}${name}`) !== text);
for (const [name, text] of stale) {
  if (values.check) {
    console.error(`Expected dashboards/generated/${name} to be up to date, got another text: run npm run dashboards`);
    process.exitCode = 1;
    continue;
  }
  mkdirSync(dirname(`${FOLDER}${name}`), { recursive: true });
  writeFileSync(`${FOLDER}${name}`, text);
  console.log(`wrote dashboards/generated/${name}`);
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
