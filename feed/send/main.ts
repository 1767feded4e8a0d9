// `npm run send`: measurements from a file or from standard input become pulses. Start here; the map:
//   send-command  the whole but for its process
//   send-options  the command line            send-job    where to begin, and the shift of times
//   line-source   lines of a file             measurement a line becomes a pulse
//   send-run      reads, batches, paces       pulse-sender requests, and tries again
//   ack-window    what is answered gapless    send-state  the same on disk
//   progress      the bar                     send-report the summary, and what a refusal means
import process from "node:process";
import { stopOnSignals } from "../stop-signals.ts";
import { runSend } from "./command.ts";

const { env, stdin, stdout, stderr } = process;
process.exitCode = await runSend(process.argv.slice(2), { env, stdin, stdout, stderr, stop: stopOnSignals() });
