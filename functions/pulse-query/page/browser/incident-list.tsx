import { useState } from "preact/hooks";
import type { Incident } from "../../../../health/incidents.ts";
import { useNow } from "./clock.ts";
import { HealthWord } from "./glyph.tsx";
import { describeTimes } from "./past-words.ts";

const SHOWN_AT_FIRST = 8;

interface IncidentListProperties {
  /** Newest first. */
  incidents: readonly Incident[];
  /** Whether the charts show an incident. */
  isShown(incident: Incident): boolean;
  onShow(incident: Incident): void;
}

/** A service's incidents. A press shows the pulses of one in the charts. */
export function IncidentList({ incidents, isShown, onShow }: IncidentListProperties) {
  const now = useNow(incidents[0]?.until === undefined);
  const [isWhole, setWhole] = useState(false);
  return (
    <>
      <ul class="incidents">
        {incidents.slice(0, isWhole ? undefined : SHOWN_AT_FIRST).map((incident) => (
          <li key={incident.since}>
            <button type="button" aria-pressed={isShown(incident)} onClick={() => onShow(incident)}>
              <HealthWord health={incident.health} />
              <span class="when">{describeTimes(incident, now)}</span>
              <span class="cause">{causeOf(incident)}</span>
            </button>
          </li>
        ))}
      </ul>
      {!isWhole && incidents.length > SHOWN_AT_FIRST && (
        <button type="button" class="button small" onClick={() => setWhole(true)}>
          Show all {incidents.length}
        </button>
      )}
    </>
  );
}

/** Of the worst that happened. */
function causeOf({ health, runs }: Incident): string {
  return runs.find((run) => run.health === health)?.cause ?? "";
}
