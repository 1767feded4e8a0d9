// `npm run schema -- apply|verify|print`
import { setTimeout as delay } from "node:timers/promises";
import { errors } from "cassandra-driver";
import { DAY_MS } from "../../events/time.ts";
import { type CassandraSettings, cassandraSettings } from "../../settings/cassandra-settings.ts";
import { functionSettings } from "../../settings/function-settings.ts";
import { readSettings, SettingsError } from "../../settings/read.ts";
import { forTerminal } from "../../settings/terminal-text.ts";
import { ConnectionError, connectDriver, type DriverClient } from "./driver-client.ts";
import { reasonOf } from "./driver-failure.ts";
import { applySchema } from "./schema-apply.ts";
import { foundationOf, loadMigrations, type SchemaPlan, statementsOf } from "./schema-files.ts";
import { verifyLimits, verifySchema } from "./schema-verify.ts";

const WAIT_MS = 120_000;
const PAUSE_MS = 1000;

const HELP = `Usage: npm run schema -- COMMAND [--wait]

  apply   makes the keyspace, or brings it to the version of this build; safe to repeat and to run twice at once
  verify  says whether the keyspace is as this build needs it
  print   prints the CQL that apply would run on an empty cluster

  --wait  tries for two minutes to reach Cassandra, which may be about to start

Settings (environment): PULSE_CASSANDRA_CONTACT_POINTS, PULSE_CASSANDRA_LOCAL_DC, PULSE_CASSANDRA_KEYSPACE,
PULSE_CASSANDRA_REPLICATION, PULSE_CASSANDRA_BUCKET_MINUTES, PULSE_RETENTION_DAYS, and those for user and TLS.
This command's role needs CREATE, ALTER, SELECT and MODIFY on the keyspace; the functions' role needs SELECT and MODIFY.`;

/** Runs the command; gives its exit code: 2 when the call or a setting is wrong, so that no second attempt can help. */
export async function runSchemaCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<number> {
  const [command, ...rest] = args;
  if (command === "--help" || command === "-h" || command === "help") {
    say(HELP);
    return 0;
  }
  const isPatient = rest.join() === "--wait";
  if ((rest.length > 0 && !isPatient) || (command !== "apply" && command !== "verify" && command !== "print")) {
    say(
      `Expected apply, verify or print, got ${args.length === 0 ? "nothing" : JSON.stringify(args.join(" "))}\n\n${HELP}`,
    );
    return 2;
  }
  // A change of the schema waits for every node, longer than a write does.
  const settings = { ...readSettings(cassandraSettings, env), requestTimeoutMs: 20_000 };
  const { retentionDays } = readSettings({ retentionDays: functionSettings.retentionDays }, env);
  const plan: SchemaPlan = {
    keyspace: settings.keyspace,
    replication: settings.replication ?? { [settings.localDataCenter]: 1 },
    retentionMs: retentionDays * DAY_MS,
    bucketMs: settings.bucketMinutes * 60_000,
  };
  const migrations = await loadMigrations();
  if (command === "print") {
    const statements = [...foundationOf(plan), ...migrations.flatMap((migration) => statementsOf(migration, plan))];
    say(statements.map((statement) => `${statement};`).join("\n\n"));
    return 0;
  }
  const { client, lastCause } = await connectWithin(isPatient ? WAIT_MS : 0, settings, say);
  try {
    if (command === "apply") {
      await applySchema({ client, plan, migrations, hasReplicationSetting: settings.replication !== undefined, say });
    }
    const { version, bucketMs } = await verifySchema(client, plan.keyspace);
    await verifyLimits(client, plan.keyspace);
    say(`${plan.keyspace}: version ${version}, buckets of ${bucketMs / 60_000} minutes`);
    return 0;
  } catch (error) {
    if (error instanceof errors.DriverError) throw new Error(reasonOf(error, lastCause()), { cause: error });
    throw error;
  } finally {
    await client.shutdown();
  }
}

async function connectWithin(
  waitMs: number,
  settings: CassandraSettings,
  say: (line: string) => void,
): Promise<DriverClient> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    try {
      return await connectDriver(settings);
    } catch (error) {
      if (!(error instanceof ConnectionError) || error.isSettingWrong || performance.now() >= deadline) throw error;
      say(forTerminal(error.message, "\n"));
      await delay(PAUSE_MS);
    }
  }
}

/** Runs the command of this process. Its exit code is 2 also for a setting that Cassandra shows to be wrong. */
export async function main(): Promise<void> {
  try {
    process.exitCode = await runSchemaCommand(process.argv.slice(2), process.env, (line) => console.log(line));
  } catch (error) {
    console.error(forTerminal(error instanceof Error ? error.message : String(error), "\n"));
    const isSettingWrong = error instanceof SettingsError || (error instanceof ConnectionError && error.isSettingWrong);
    process.exitCode = isSettingWrong ? 2 : 1;
  }
}

if (import.meta.main) await main();
