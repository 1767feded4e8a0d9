import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { REASONS } from "../../../dead-letter-reason.ts";
import type { DeadLetterView } from "../../dead-letter-answers.ts";
import { readDeadLetters } from "./api.ts";
import { DeadLetter } from "./dead-letter.tsx";
import { LoadError } from "./sub-page.tsx";

/** Which dead letters are shown, with the word for it, the filter, and what is said when there is none. */
const STATES = {
  waiting: { words: "Waiting", filter: { replayed: "false" }, none: "None waits." },
  replayed: { words: "Replayed", filter: { replayed: "true" }, none: "None was replayed." },
  all: { words: "All", filter: {}, none: "None. Every accepted event was stored." },
} as const;
type State = keyof typeof STATES;

/** Events that could not be stored, of one service or of all. */
export function DeadLetters({ service }: { service?: string }) {
  const [state, setState] = useState<State>("waiting");
  const [reason, setReason] = useState("");
  const [deadLetters, setDeadLetters] = useState<readonly DeadLetterView[]>();
  const [cursor, setCursor] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const filter = useMemo(
    () => ({
      ...STATES[state].filter,
      ...(reason !== "" && { reason }),
      ...(service !== undefined && { service }),
    }),
    [state, reason, service],
  );
  const read = useCallback(
    async (signal: AbortSignal, after?: string) => {
      try {
        const page = await readDeadLetters({ ...filter, ...(after !== undefined && { cursor: after }) }, signal);
        setDeadLetters((before) => [...(after === undefined ? [] : (before ?? [])), ...page.dead_letters]);
        setCursor(page.cursor);
        setProblem(undefined);
      } catch (error) {
        if (!signal.aborted) setProblem((error as Error).message);
      }
    },
    [filter],
  );
  useEffect(() => {
    const leaving = new AbortController();
    void read(leaving.signal);
    return () => leaving.abort();
  }, [read]);
  const reload = (after?: string) => read(new AbortController().signal, after);
  // A dead letter stays in its place when its state changes, also if it no longer passes the filter: the reader is at it.
  const replace = useCallback((next: DeadLetterView) => {
    setDeadLetters((before) => before?.map((one) => (one.id === next.id ? next : one)));
  }, []);

  return (
    <section class="card" aria-labelledby="dead-letters">
      <div class="card-head">
        <h2 id="dead-letters">{service === undefined ? "All services" : "Dead letters"}</h2>
        <div class="filters">
          <label class="field">
            <span class="unseen">Show</span>
            <select value={state} onChange={(event) => setState(event.currentTarget.value as State)}>
              {Object.entries(STATES).map(([name, { words }]) => (
                <option key={name} value={name}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span class="unseen">Reason</span>
            <select value={reason} onChange={(event) => setReason(event.currentTarget.value)}>
              <option value="">Any reason</option>
              {REASONS.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
          <button type="button" class="button" onClick={() => reload()}>
            Reload
          </button>
        </div>
      </div>
      <LoadError why={problem} />
      {problem === undefined && deadLetters?.length === 0 && (
        <p class="nothing">{reason === "" ? STATES[state].none : "None for this reason."}</p>
      )}
      <ul class="dead-letters">
        {deadLetters?.map((one) => (
          <li key={one.id}>
            <DeadLetter deadLetter={one} onChange={replace} />
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
