// `npm run schema -- apply|verify|print`
import { errors } from "cassandra-driver";
import { DAY_MS } from "../../events/time.ts";
import { cassandraSettings } from "../../settings/cassandra-settings.ts";
import { functionSettings } from "../../settings/function-settings.ts";
import { readSettings, SettingsError } from "../../settings/read.ts";
import { ConnectionError, connectDriver } from "./driver-client.ts";
import { reasonOf } from "./driver-failure.ts";
import { applySchema } from "./schema-apply.ts";
import { foundationOf, loadMigrations, type SchemaPlan, statementsOf } from "./schema-files.ts";
import { verifyLimits, verifySchema } from "./schema-verify.ts";

const HELP = `Usage: npm run schema -- COMMAND

  apply   makes the keyspace, or brings it to the version of this build; safe to repeat and to run twice at once
  verify  says whether the keyspace is as this build needs it
  print   prints the CQL that apply would run on an empty cluster

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
  if (rest.length > 0 || (command !== "apply" && command !== "verify" && command !== "print")) {
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
  const { client, lastCause } = await connectDriver(settings);
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

if (import.meta.main) {
  try {
    process.exitCode = await runSchemaCommand(process.argv.slice(2), process.env, (line) => console.log(line));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    const isSettingWrong = error instanceof SettingsError || (error instanceof ConnectionError && error.isSettingWrong);
    process.exitCode = isSettingWrong ? 2 : 1;
  }
}
