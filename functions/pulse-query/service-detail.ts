import { withClock } from "../../health/lag.ts";
import { lagsOf, learntPeriodOf } from "../../health/memory.ts";
import { patienceOf } from "../../health/rule.ts";
import type { ServicesSettings } from "../../health/service-settings.ts";
import type { HealthReader } from "../../storage/health-ports.ts";
import type { ServiceDetail } from "./answers.ts";
import type { PastHealth } from "./health-history.ts";
import type { JudgedService } from "./service-list.ts";
import { timeText } from "./time-text.ts";
import { viewPlanned, viewService } from "./view.ts";

export interface ServiceDetailOptions {
  health: Pick<HealthReader, "memory">;
  past: Pick<PastHealth, "lately">;
  settings: () => ServicesSettings;
  /** Epoch ms. */
  now: () => number;
}

/** All that is known of how one service is. @throws {StoreError} */
export async function detailOf(service: JudgedService, options: ServiceDetailOptions): Promise<ServiceDetail> {
  const { pulse, confirmedAt } = service;
  const name = pulse.service_name;
  const settings = options.settings().of(name);
  const [memory, lately] = await Promise.all([options.health.memory(name), options.past.lately(name)]);
  const patience = patienceOf(memory && learntPeriodOf(memory), settings);
  const { usualMs, clockMs } = lagsOf(memory);
  return {
    ...viewService({ ...service, cause: withClock(service.cause, clockMs) }),
    confirmed_at: timeText(confirmedAt ?? null),
    flapping: lately.isFlapping,
    uptime_24h: lately.uptime,
    coverage_24h: lately.coverage,
    usual_period_ms: patience?.dueMs ?? null,
    late_at: timeText(patience === undefined ? null : pulse.event_time + patience.lateMs + usualMs),
    maintenance: settings.plannedFrom(options.now()).map(viewPlanned),
    retired: settings.isRetired,
    owner: settings.owner ?? null,
    link: settings.link?.href ?? null,
  };
}
