import { useNow } from "./clock.ts";
import { formatAge, formatDuration, formatMinute } from "./format.ts";
import { HealthWord } from "./glyph.tsx";
import type { ToldService, ToldServiceDetail } from "./told-health.ts";

/** Below a second a period says nothing to a person. */
const SEVERAL_A_SECOND_MS = 1000;

interface ServiceLeadProperties {
  service: ToldService;
  detail: ToldServiceDetail | undefined;
}

/** How a service is, since when and why, when it was last seen, and whose it is. */
export function ServiceLead({ service, detail }: ServiceLeadProperties) {
  const now = useNow();
  const { health, since, cause } = service;
  const sinceMs = typeof since === "string" ? Date.parse(since) : undefined;
  return (
    <>
      <HealthWord health={health} />
      {sinceMs !== undefined && (
        <p class="since">
          since {formatMinute(sinceMs, now)} ({formatDuration(now - sinceMs)})
          {cause !== undefined && cause !== "" && `: ${cause}`}
        </p>
      )}
      {detail?.flapping && (
        <p class="tag" title="It changed more often than four times in an hour">
          flapping
        </p>
      )}
      {service.in_maintenance && <p class="tag">in maintenance</p>}
      <p class="rhythm">
        Last seen <b>{formatAge(service.last_seen, now)}</b>
        {detail !== undefined && ` · ${rhythmOf(detail)}`}
        {detail !== undefined && <Owner detail={detail} />}
      </p>
    </>
  );
}

function rhythmOf({ usual_period_ms: period, late_at: lateAt, last_seen: lastSeen }: ToldServiceDetail): string {
  if (period === null) return "its usual period is not known yet";
  const usually =
    period < SEVERAL_A_SECOND_MS ? "several pulses a second" : `pulses about every ${formatDuration(period)}`;
  if (lateAt === null) return usually;
  return `${usually}, late after ${formatDuration(Date.parse(lateAt) - Date.parse(lastSeen))} of silence`;
}

function Owner({ detail: { owner, link } }: { detail: ToldServiceDetail }) {
  // The file of settings allows other protocols, too.
  const isWeb = typeof link === "string" && /^https?:\/\//i.test(link);
  return (
    <>
      {typeof owner === "string" && (
        <>
          {" "}
          · belongs to <b>{owner}</b>
        </>
      )}
      {isWeb && (
        <>
          {" · "}
          <a href={link} rel="noopener noreferrer" target="_blank">
            Runbook
          </a>
        </>
      )}
    </>
  );
}
