import type { Summary } from "../../answers.ts";
import { formatCount, formatShare } from "./format.ts";
import { Glyph } from "./glyph.tsx";
import { Shares } from "./shares.tsx";

/** The statuses of a span's pulses, as their senders wrote them. */
export function StatusMix({ summary, isKnown }: { summary: Summary; isKnown: boolean }) {
  const { statuses, count: total } = summary;
  const parts = statuses.map(({ status, health, count }) => ({ name: status, health: health ?? "unknown", count }));
  return (
    <section class="card" aria-labelledby="status-mix">
      <h2 id="status-mix">Status mix</h2>
      <Shares parts={parts} total={total} />
      {isKnown && parts.length === 0 && <p class="nothing">No pulse in this span.</p>}
      <ul class="mix">
        {parts.map(({ name, health, count }) => (
          <li key={name}>
            <Glyph health={health} />
            <span class="name">{name ?? "others"}</span>
            <span class="number">{formatCount(count)}</span>
            <span class="number share">{formatShare(count, total)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
