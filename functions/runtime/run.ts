import type { FunctionName } from "../../settings/function-settings.ts";
import { failureForTerminal } from "../../settings/terminal-text.ts";
import { gaugeStart } from "../metrics/gauges.ts";
import { type Compose, createParts } from "../parts.ts";
import { serve } from "./serve.ts";

/** Runs a function as this process until the process is told to stop. A wrong setting ends it with 1 and a message. */
export async function run(env: NodeJS.ProcessEnv, load: (name: FunctionName) => Promise<Compose>): Promise<void> {
  try {
    const parts = await createParts(env);
    const { settings, registry, log } = parts;
    const compose = await load(settings.function);
    await serve(await compose(parts), parts);
    gaugeStart([registry], performance.now() / 1000);
    log.info({ port: settings.port }, `${settings.function} listens`);
  } catch (error) {
    // A person reads what is wrong with a setting or a store: the message, without a stack.
    console.error(failureForTerminal(error, ["SettingsError", "StoreError"]));
    process.exit(1);
  }
}
