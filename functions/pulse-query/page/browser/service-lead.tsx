import type { ServiceDetail, ServiceView } from "../../answers.ts";
import { useNow } from "./clock.ts";
import { formatAge, formatDuration, formatMinute } from "./format.ts";
import { HealthWord } from "./glyph.tsx";
import { describePlan, rhythmOf } from "./past-words.ts";
import { WebLink } from "./web-link.tsx";

interface ServiceLeadProperties {
  service: ServiceView;
  detail: ServiceDetail | undefined;
}

/** How a service is, since when and why, when it was last seen, and whose it is. */
export function ServiceLead({ service, detail }: ServiceLeadProperties) {
  const now = useNow();
  const { health, since } = service;
  // The detail also names a clock that is behind.
  const { cause } = detail?.since === since && detail.health === health ? detail : service;
  const plan = detail && describePlan(detail.maintenance, now);
  const sinceMs = since === null ? undefined : Date.parse(since);
  return (
    <>
      <HealthWord health={health} />
      {sinceMs !== undefined && (
        <p class="since">
          since {formatMinute(sinceMs, now)} ({formatDuration(now - sinceMs)}){cause !== "" && `: ${cause}`}
        </p>
      )}
      {detail?.flapping && (
        <p class="tag" title="It changed more often than four times in an hour">
          flapping
        </p>
      )}
      {detail?.retired && <p class="tag">retired</p>}
      {service.in_maintenance && <p class="tag">in maintenance</p>}
      {plan !== undefined && <p class="plan">{plan}</p>}
      <p class="rhythm">
        Last seen <b>{formatAge(service.last_seen, now)}</b>
        {detail !== undefined && ` · ${rhythmOf(detail)}`}
        {detail !== undefined && <Owner detail={detail} />}
      </p>
    </>
  );
}

function Owner({ detail: { owner, link } }: { detail: ServiceDetail }) {
  return (
    <>
      {owner !== null && (
        <>
          {" "}
          · belongs to <b>{owner}</b>
        </>
      )}
      {link !== null && (
        <>
          {" · "}
          <WebLink href={link}>Runbook</WebLink>
        </>
      )}
    </>
  );
}
