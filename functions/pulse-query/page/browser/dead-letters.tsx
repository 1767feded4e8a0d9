import { useCallback, useEffect, useState } from "preact/hooks";
import type { DeadLetterView } from "../../answers.ts";
import { readDeadLetters, replay } from "./api.ts";
import { formatTime } from "./format.ts";

/** Events that could not be stored, of a service or of all; each can be sent again, put right or as it is. */
export function DeadLetters({ service }: { service?: string }) {
  const [letters, setLetters] = useState<readonly DeadLetterView[]>();
  const [cursor, setCursor] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const read = useCallback(
    async (signal: AbortSignal, after?: string) => {
      try {
        const page = await readDeadLetters(service, after, signal);
        setLetters((before) => [...(after === undefined ? [] : (before ?? [])), ...page.dead_letters]);
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
        <h2 id="dead-letters">{service === undefined ? "All of them" : "Dead letters"}</h2>
        <button type="button" class="button" onClick={() => reload()}>
          Look again
        </button>
      </div>
      {problem !== undefined && (
        <p class="problem" role="alert">
          Not read: {problem}
        </p>
      )}
      {problem === undefined && letters?.length === 0 && <p class="nothing">None. All that was accepted was stored.</p>}
      <ul class="letters">
        {letters?.map((letter) => (
          <li key={`${letter.id} ${letter.time} ${letter.replayed_at ?? ""}`}>
            <Letter letter={letter} />
          </li>
        ))}
      </ul>
      {cursor !== undefined && (
        <button type="button" class="button" onClick={() => reload(cursor)}>
          Older ones
        </button>
      )}
    </section>
  );
}

type Replay = { kind: "none" } | { kind: "under way" } | { kind: "done" } | { kind: "failed"; why: string };

function Letter({ letter }: { letter: DeadLetterView }) {
  const { id, reason, code, detail, time, replayed_at: replayedAt, event } = letter;
  const [state, setState] = useState<Replay>({ kind: "none" });
  const [data, setData] = useState<string>();
  const send = async () => {
    setState({ kind: "under way" });
    try {
      await replay(id, { data, again: replayedAt !== undefined });
      setState({ kind: "done" });
    } catch (error) {
      setState({ kind: "failed", why: (error as Error).message });
    }
  };
  const now = Date.now();
  return (
    <article class="letter" aria-label={`Dead letter ${id}`}>
      <p class="letter-head">
        <b class="reason">{reason}</b>
        {code !== null && <span class="code">{code}</span>}
        <span class="time">{formatTime(time, now)}</span>
        {typeof event.subject === "string" && <span class="subject">{event.subject}</span>}
        {replayedAt !== undefined && <span class="time">replayed {formatTime(replayedAt, now)}</span>}
      </p>
      {detail !== null && <p class="why">{explain(detail)}</p>}
      <details onToggle={(toggled) => toggled.currentTarget.open && setData((before) => before ?? textOf(event.data))}>
        <summary>Look at it and put it right</summary>
        <label>
          <span class="unseen">Data of the event, as JSON</span>
          <textarea
            rows={6}
            spellcheck={false}
            value={data ?? ""}
            onInput={(typed) => setData(typed.currentTarget.value)}
          />
        </label>
        <p class="quiet">
          {String(event.type)} from {String(event.source)}, id {String(event.id)}
        </p>
      </details>
      <div class="letter-foot">
        <button
          type="button"
          class="button"
          disabled={state.kind === "under way" || state.kind === "done"}
          onClick={send}
        >
          {replayedAt === undefined ? "Replay" : "Replay again"}
        </button>
        <p role="status">{describe(state)}</p>
      </div>
    </article>
  );
}

function describe(state: Replay): string {
  if (state.kind === "failed") return `Not replayed: ${state.why}`;
  if (state.kind === "done") return "The broker has it. It comes back if it fails again.";
  return state.kind === "under way" ? "Sending…" : "";
}

function textOf(data: unknown): string {
  return data === undefined ? "" : JSON.stringify(data, null, 2);
}

// The last answer's body: a problem's own words, with its faults, or what it was.
function explain(detail: NonNullable<DeadLetterView["detail"]>): string {
  if (typeof detail === "string") return detail;
  const { detail: said, title, errors } = detail;
  const faults = Array.isArray(errors) ? errors.map(({ pointer, rule }) => `${pointer || "the whole"}: ${rule}`) : [];
  return [said ?? title, ...faults].filter((part) => typeof part === "string").join(" ");
}
