// `npm run dashboards` writes dashboards/generated/. With --check it only says which files are stale. The rules forget a
// service after PULSE_RETENTION_DAYS, as the store does.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { functionSettings } from "../settings/function-settings.ts";
import { readSettings } from "../settings/read.ts";
import { generatedFiles } from "./generated-files.ts";

const FOLDER = fileURLToPath(new URL("generated/", import.meta.url));

const { values } = parseArgs({
  options: { check: { type: "boolean", default: false }, "runbook-url": { type: "string" } },
});
const { retentionDays } = readSettings(functionSettings, process.env);
const files = generatedFiles({ runbookUrl: values["runbook-url"], retentionDays });
const stale = Object.entries(files).filter(([name, text]) => readOrEmpty(`${FOLDER}${name}`) !== text);
mkdirSync(FOLDER, { recursive: true });
for (const [name, text] of stale) {
  if (values.check) {
    console.error(`Expected dashboards/generated/${name} to be up to date, got another text: run npm run dashboards`);
    process.exitCode = 1;
  } else {
    writeFileSync(`${FOLDER}${name}`, text);
    console.log(`wrote dashboards/generated/${name}`);
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
