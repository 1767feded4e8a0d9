import { useEffect, useState } from "preact/hooks";
import { readSummary } from "./api.ts";
import { describeHour, usualSpans } from "./usual-hour.ts";
import { whileShown } from "./while-shown.ts";

const EVERY_MS = 2 * 60_000;

/** How slow a service is in this hour, and how many pulses come, beside what is usual. Nothing where no past is known. */
export function Usual({ service }: { service: string }) {
  const [words, setWords] = useState<string>();
  useEffect(
    () =>
      whileShown(EVERY_MS, (signal) => {
        const now = Date.now();
        return Promise.all(usualSpans(now).map((span) => readSummary(service, span, signal))).then(
          (summaries) => setWords(describeHour(summaries, now)),
          // The figures of the span say what is wrong.
          () => undefined,
        );
      }),
    [service],
  );
  return words === undefined ? null : <p class="quiet usual">{words} Usual is the same hour a day and a week ago.</p>;
}
