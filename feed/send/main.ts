// `npm run send`: measurements from a file or from standard input become pulses. Start here; the map:
//   command      the whole, apart from its process    options      the command line
//   job          where to begin                       shift        by how much to shift times
//   line-source  lines of a file                      decode       gzip and UTF-16
//   measurement  a line becomes a pulse               timestamp    a time in any unit
//   csv-header   the columns of CSV                   csv          its rows
//   run          reads, batches, paces                report       the summary at the end
//   ack-window   what is answered without a gap       state        the same on disk
//   earlier-runs what they sent, and if it changed
// and in the folder above, shared with `npm run simulate`:
//   command-line options and help                     target       where to send: URL, token, retries
//   requests     several at a time, until one fails   pulse-sender one request, tried again
//   failure      what a refusal means to the user     progress     the bar
//   local-names  *.localhost is this machine
import process from "node:process";
import { stopOnSignals } from "../stop-signals.ts";
import { runSend } from "./command.ts";

const { env, stdin, stdout, stderr } = process;
process.exitCode = await runSend(process.argv.slice(2), { env, stdin, stdout, stderr, stop: stopOnSignals() });
