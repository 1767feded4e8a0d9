// `npm run simulate`: plays a fleet, first its past, then live. Start here; the map:
//   command   the whole, apart from its process    options   the command line
//   fleet     what the services do                 incident  one of them fails every day
//   run       sends spans of time                  random    numbers that a seed decides
// ../send/main.ts has the map of what both commands share.
import process from "node:process";
import { stopOnSignals } from "../stop-signals.ts";
import { runSimulate } from "./command.ts";

const { env, stdout, stderr } = process;
process.exitCode = await runSimulate(process.argv.slice(2), { env, stdout, stderr, stop: stopOnSignals() });
