// `npm run simulate`: plays a fleet, first its past, then live. Start here; fleet.ts says what the services do,
// incident.ts what befalls one of them, simulate-run.ts sends it.
import process from "node:process";
import { stopOnSignals } from "../stop-signals.ts";
import { runSimulate } from "./command.ts";

const { env, stdout, stderr } = process;
process.exitCode = await runSimulate(process.argv.slice(2), { env, stdout, stderr, stop: stopOnSignals() });
