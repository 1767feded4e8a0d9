import { gaugeStart } from "../metrics/gauges.ts";
import { RequestMetrics } from "../metrics/request-metrics.ts";
import { type Compose, createParts } from "../parts.ts";
import { serve } from "./serve.ts";

/** Runs a function as this process, until it is told to stop. What is wrong in the environment ends it with a message. */
export async function run(env: NodeJS.ProcessEnv, load: (name: string) => Promise<Compose>): Promise<void> {
  try {
    const parts = createParts(env);
    const { settings, registry, log } = parts;
    const compose = await load(settings.function);
    const requestMetrics = new RequestMetrics([registry], settings.function);
    await serve(await compose(parts), { settings, registry, requestMetrics, log });
    gaugeStart([registry], performance.now() / 1000);
    log.info({ port: settings.port }, `${settings.function} listens`);
  } catch (error) {
    // Wrong settings are for a person to read: the message, without a stack.
    const isForPerson = error instanceof Error && error.name === "SettingsError";
    console.error(isForPerson ? error.message : error);
    process.exit(1);
  }
}
