// A function's process: PULSE_FUNCTION says which one.
import { compose } from "./compose.ts";
import { serve } from "./serve.ts";

async function run(): Promise<void> {
  const { fn, ...host } = await compose(process.env);
  await serve(fn, host);
  host.log.info({ port: host.settings.port }, `${fn.name} listens`);
}

run().catch((error: unknown) => {
  // Wrong settings are for a person to read: the message, without a stack.
  const isForPerson = error instanceof Error && error.name === "SettingsError";
  console.error(isForPerson ? error.message : error);
  process.exit(1);
});
