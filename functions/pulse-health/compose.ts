import { DAY_MS } from "../../events/time.ts";
import { logFailure } from "../background-failure.ts";
import { openBrokerClient } from "../broker-client.ts";
import { brokerAuthorization, type Parts, requireBrokerUrl } from "../parts.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { openServiceSettings } from "../service-settings.ts";
import { openPulseStore } from "../stores.ts";
import { Announcer } from "./announcer.ts";
import { gaugeHealth } from "./health-gauges.ts";
import { createHealthMetrics } from "./health-metrics.ts";
import { Keeper, SETTLE_MS } from "./keeper.ts";
import { OwnPulse } from "./own-pulse.ts";
import { Rounds } from "./rounds.ts";

/** Events on their way to the broker at one time. */
const CONNECTIONS = 5;
/** Services of Cassandra that are judged at one time. */
const CONCURRENCY = 16;

/** pulse-health with its store, its connections to the broker, and its rounds. */
export async function compose(parts: Parts): Promise<PulseFunction> {
  const { settings, cassandra, registry, log } = parts;
  const url = requireBrokerUrl(settings);
  const services = openServiceSettings(parts);
  const store = await openPulseStore(parts);
  const broker = openBrokerClient({
    url,
    extensions: settings.sinkExtensions,
    certificates: settings.sinkCertificates,
    authorization: brokerAuthorization(settings, log),
    connections: CONNECTIONS,
    deadlineMs: settings.emitDeadlineMs,
    log,
  });
  const now = Date.now;
  const retentionMs = settings.retentionDays * DAY_MS;
  const isRetired = (service: string) => services.value.of(service).isRetired;
  const environment = settings.cdEventsEnvironment;
  const announcer = new Announcer({ health: store.health, broker, isRetired, retentionMs, environment, now, log });
  const keeper = new Keeper({
    reader: store,
    rollups: store.rollups,
    health: store.health,
    settings: () => services.value,
    retentionMs,
    now,
    concurrency: cassandra.contactPoints === undefined ? 1 : CONCURRENCY,
    onChanged: (service) => announcer.add(service),
  });
  gaugeHealth({
    registers: [registry],
    judged: () => keeper.judged(),
    judgedUntil: () => keeper.judgedUntil,
    settings: () => services.value,
    untold: () => announcer.waiting,
    now,
  });
  const own = new OwnPulse({ broker, metrics: createHealthMetrics([registry]), now });
  const rounds = new Rounds({
    round: async () => {
      // Not waited for: a broker that is away must not keep services from being judged.
      void own.send();
      // Before the round: the announcer tells nothing of a service that was retired while no pulse-health ran.
      await services.refresh(store.health);
      await keeper.round();
      announcer.tell();
    },
    settleMs: SETTLE_MS,
    now,
    onFailure: logFailure(log, {
      waits: "services could not be judged; the next round makes up for it",
      failed: "a round that judges services failed",
    }),
  });
  return {
    name: "pulse-health",
    routes: [],
    check: async () => {
      await store.check();
      return undefined;
    },
    close: async () => {
      await Promise.all([rounds.stop(), announcer.stop()]);
      await broker.close();
      services.close();
      await store.close();
    },
  };
}
