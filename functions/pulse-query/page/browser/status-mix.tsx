import type { Summary } from "../../answers.ts";
import { formatCount, formatShare } from "./format.ts";
import { Glyph } from "./glyph.tsx";

/** Which statuses a span's pulses had, as their senders wrote them. */
export function StatusMix({ summary: { statuses, count } }: { summary: Summary }) {
  return (
    <section class="card" aria-labelledby="status-mix">
      <h2 id="status-mix">Status mix</h2>
      <div class="shares" aria-hidden="true">
        {statuses.map(({ status, health, count: part }) => (
          <span key={status} class={health ?? "unknown"} style={{ flexGrow: Math.max(part, count / 150) }} />
        ))}
      </div>
      {statuses.length === 0 && <p class="nothing">No pulse in this span.</p>}
      <ul class="mix">
        {statuses.map(({ status, health, count: part }) => (
          <li key={status}>
            <Glyph health={health ?? "unknown"} />
            <span class="name">{status ?? "others"}</span>
            <span class="number">{formatCount(part)}</span>
            <span class="number share">{formatShare(part, count)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
