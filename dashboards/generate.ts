// `npm run dashboards` writes dashboards/generated/. The rules forget a service after PULSE_RETENTION_DAYS, as the store does.
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { functionSettings } from "../settings/function-settings.ts";
import { readSettings } from "../settings/read.ts";
import { generatedFiles } from "./generated-files.ts";

const FOLDER = new URL("generated/", import.meta.url);

const { values } = parseArgs({ options: { "runbook-url": { type: "string" } } });
const { retentionDays } = readSettings(functionSettings, process.env);
const files = Object.entries(generatedFiles({ runbookUrl: values["runbook-url"], retentionDays }));
mkdirSync(FOLDER, { recursive: true });
for (const [name, text] of files) writeFileSync(new URL(name, FOLDER), text);
console.log(`wrote ${files.length} files to dashboards/generated/`);
