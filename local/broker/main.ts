// The broker's process, as local/main.ts starts it.
import { join } from "node:path";
import { pino } from "pino";
import { TRIGGERS } from "../../events/triggers.ts";
import { logDestination } from "../../http/log-destination.ts";
import { endAtOnce } from "../../http/process-end.ts";
import { returnMemory } from "../../http/returned-memory.ts";
import { makeDataFolder } from "../../settings/data-folder.ts";
import { functionSettings } from "../../settings/function-settings.ts";
import { localSettings } from "../../settings/local-settings.ts";
import { readEach } from "../../settings/read.ts";
import { failureForTerminal } from "../../settings/terminal-text.ts";
import { tracingSettings } from "../../settings/tracing-settings.ts";
import { openTracing } from "../../tracing/open.ts";
import { startBroker } from "./broker.ts";
import { readTriggersFile } from "./triggers-file.ts";

endAtOnce();
returnMemory();
try {
  const ofBroker = { ...localSettings, logLevel: functionSettings.logLevel };
  const [settings, ofTracing] = readEach([ofBroker, tracingSettings], process.env);
  const logger = pino({ level: settings.logLevel, base: { function: "broker", pid: process.pid } }, logDestination());
  const { triggersFile } = settings;
  const added = triggersFile === undefined ? [] : readTriggersFile(triggersFile);
  makeDataFolder(settings.dataDir);
  const broker = await startBroker({
    port: settings.brokerPort,
    allowedHosts: settings.allowedHosts ?? [],
    file: join(settings.dataDir, "broker.db"),
    triggers: [...TRIGGERS, ...added],
    subscribers: {
      "pulse-persist": new URL(`http://localhost:${settings.persistPort}/`),
      "pulse-deadletter": new URL(`http://localhost:${settings.deadletterPort}/`),
    },
    maxBytes: settings.brokerMaxBytes,
    logger,
    tracing: await openTracing(ofTracing, "broker", logger),
  });
  const stop = async () => {
    logger.info("stopping: answering and delivering what is under way");
    await broker.close();
    logger.info("stopped");
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  logger.info({ port: broker.port }, "broker listens");
} catch (error) {
  // A person reads what is wrong with a setting, a Trigger or the file: the message, without a stack.
  console.error(failureForTerminal(error, ["SettingsError", "TriggerError", "BrokerFileError"]));
  process.exit(1);
}
