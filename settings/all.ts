import { cassandraSettings, localCassandraSettings } from "./cassandra-settings.ts";
import { clusterSettings } from "./cluster-settings.ts";
import { functionSettings } from "./function-settings.ts";
import { localSettings } from "./local-settings.ts";
import type { Settings } from "./setting.ts";
import { tracingSettings } from "./tracing-settings.ts";

/** All settings, by who reads them. A variable with several readers has one definition, which stands under each. */
export const ALL_SETTINGS: readonly { reader: string; settings: Settings }[] = [
  { reader: "The functions", settings: functionSettings },
  { reader: "The laptop platform: `make run` and `make dev`", settings: localSettings },
  { reader: "Own traces: the functions and the local broker", settings: tracingSettings },
  { reader: "The Cassandra stores: the functions and `npm run schema`", settings: cassandraSettings },
  { reader: "A local Cassandra: `make cassandra`", settings: localCassandraSettings },
  { reader: "The cluster: `make up` and `make image`", settings: clusterSettings },
];
