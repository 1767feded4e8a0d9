import { useState } from "preact/hooks";
import type { PulseView, ServiceView } from "../../answers.ts";
import { useNow } from "./clock.ts";
import { formatLatency, formatTime } from "./format.ts";
import { HealthWord } from "./glyph.tsx";
import { Pairs } from "./pairs.tsx";
import { Table } from "./table.tsx";

const MAX_PULSES = 50;
const COLUMNS = { Time: "", Health: "", Status: "", Latency: "number", Metadata: "" };

/** The list with one more pulse, newest first. A pulse that is in it already stays there once. */
export function withPulse(pulses: readonly PulseView[], pulse: PulseView): readonly PulseView[] {
  const key = keyOf(pulse);
  const others = pulses.filter((one) => keyOf(one) !== key);
  const place = others.findIndex((one) => one.event_time <= pulse.event_time);
  return others.toSpliced(place === -1 ? others.length : place, 0, pulse).slice(0, MAX_PULSES);
}

function keyOf({ source, id }: PulseView): string {
  return JSON.stringify([source, id]);
}

/** A service's newest pulses as they come. The reader can pause the list. */
export function NewestPulses({ pulses, isKnown }: { pulses: readonly PulseView[]; isKnown: boolean }) {
  const [held, setHeld] = useState<readonly PulseView[]>();
  const now = useNow();
  const shown = held ?? pulses;
  return (
    <section class="card" aria-labelledby="newest">
      <div class="card-head">
        <h2 id="newest">Newest pulses</h2>
        <button
          type="button"
          class="button"
          aria-pressed={held !== undefined}
          onClick={() => setHeld(held === undefined ? pulses : undefined)}
        >
          Pause
        </button>
      </div>
      <Table id="pulses" label="Newest pulses, a table" columns={COLUMNS}>
        {shown.map((pulse) => (
          <tr key={keyOf(pulse)}>
            <td class="time">{formatTime(pulse.event_time, now)}</td>
            <td>
              <HealthWord health={pulse.health} />
            </td>
            <td class="text">{pulse.status}</td>
            <td class="number">{formatLatency(pulse.latency_ms)}</td>
            <td class="text">
              {Object.entries(pulse.metadata ?? {}).map(([key, value]) => (
                <span key={key} class="pair">
                  {key}={value}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </Table>
      {isKnown && shown.length === 0 && <p class="nothing">No pulse within the retention.</p>}
    </section>
  );
}

/** The metadata of the newest pulse. */
export function MetadataCard({ service }: { service: ServiceView }) {
  const pairs = Object.entries(service.metadata ?? {});
  return (
    <section class="card" aria-labelledby="metadata">
      <h2 id="metadata">Metadata</h2>
      {pairs.length === 0 && <p class="nothing">The newest pulse has none.</p>}
      <Pairs kind="pairs" pairs={pairs} />
    </section>
  );
}
