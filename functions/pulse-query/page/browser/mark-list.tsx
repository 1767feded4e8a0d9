import type { ChartMark } from "./chart-options.ts";
import { formatTime } from "./format.ts";
import { WebLink } from "./web-link.tsx";

const MAX_SHOWN = 20;

/** The lines of the charts in words: what changed, and when. */
export function MarkList({ marks }: { marks: readonly ChartMark[] }) {
  const now = Date.now();
  const before = marks.length - MAX_SHOWN;
  return (
    <ul class="quiet marks" aria-label="What changed">
      {before > 0 && <li>{before} before</li>}
      {marks.slice(-MAX_SHOWN).map(({ time, words, link }) => (
        <li key={`${time} ${words}`}>
          {formatTime(new Date(time).toISOString(), now)}: <WebLink href={link}>{words}</WebLink>
        </li>
      ))}
    </ul>
  );
}
