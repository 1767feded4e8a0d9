// pulse-ingest for the stock command, `faas-js-runtime functions/handler.ts`: `npm start`, which func's images run. The
// command's own request path knows POST / alone, answers 500 to an invalid event and reads no batches. The command waits
// for `init` before it listens, so `init` serves the function as main.ts does, and the command waits until the end.
import { parseArgs } from "node:util";
import { compose } from "./pulse-ingest/compose.ts";
import { run } from "./runtime/run.ts";

/** Serves the function from the environment, on the port that the command was given; never resolves. */
export async function init(): Promise<never> {
  const { values } = parseArgs({ options: { port: { type: "string" } }, strict: false });
  const PORT = process.env.FUNC_PORT || (typeof values.port === "string" ? values.port : process.env.PORT);
  await run({ ...process.env, PULSE_FUNCTION: "pulse-ingest", PORT }, async () => compose);
  return new Promise(() => undefined);
}

/** The command asks for a handler. No request reaches it. */
export function handle(): never {
  throw new Error("Expected init() to serve every request");
}
