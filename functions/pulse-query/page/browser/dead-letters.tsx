import { useCallback, useEffect, useState } from "preact/hooks";
import type { DeadLetterView } from "../../answers.ts";
import { readDeadLetters } from "./api.ts";
import { DeadLetter } from "./dead-letter.tsx";
import { LoadError } from "./sub-page.tsx";

/** Events that could not be stored, of one service or of all. */
export function DeadLetters({ service }: { service?: string }) {
  const [deadLetters, setDeadLetters] = useState<readonly DeadLetterView[]>();
  const [cursor, setCursor] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const read = useCallback(
    async (signal: AbortSignal, after?: string) => {
      try {
        const page = await readDeadLetters(service, after, signal);
        setDeadLetters((before) => [...(after === undefined ? [] : (before ?? [])), ...page.dead_letters]);
        setCursor(page.cursor);
        setProblem(undefined);
      } catch (error) {
        if (!signal.aborted) setProblem((error as Error).message);
      }
    },
    [service],
  );
  useEffect(() => {
    const leaving = new AbortController();
    void read(leaving.signal);
    return () => leaving.abort();
  }, [read]);
  const reload = (after?: string) => read(new AbortController().signal, after);

  return (
    <section class="card" aria-labelledby="dead-letters">
      <div class="card-head">
        <h2 id="dead-letters">{service === undefined ? "All services" : "Dead letters"}</h2>
        <button type="button" class="button" onClick={() => reload()}>
          Reload
        </button>
      </div>
      <LoadError why={problem} />
      {problem === undefined && deadLetters?.length === 0 && (
        <p class="nothing">None. Every accepted event was stored.</p>
      )}
      <ul class="dead-letters">
        {deadLetters?.map((one) => (
          <li key={`${one.id} ${one.time} ${one.replayed_at ?? ""}`}>
            <DeadLetter deadLetter={one} />
          </li>
        ))}
      </ul>
      {cursor !== undefined && (
        <button type="button" class="button" onClick={() => reload(cursor)}>
          Show older
        </button>
      )}
    </section>
  );
}
