import { useState } from "preact/hooks";
import type { DeadLetterView } from "../../answers.ts";
import { replay } from "./api.ts";
import { formatTime } from "./format.ts";

/** One dead letter. The reader can correct its data, and replay it. */
export function DeadLetter({ deadLetter }: { deadLetter: DeadLetterView }) {
  const { id, reason, code, detail, time, replayed_at: replayedAt, event } = deadLetter;
  const [isSent, setSent] = useState(false);
  const [words, setWords] = useState("");
  const [data, setData] = useState<string>();
  const send = async () => {
    setSent(true);
    setWords("Sending…");
    try {
      await replay(id, { data, again: replayedAt !== undefined });
      setWords("Sent to the broker. If it fails again, it comes back here.");
    } catch (error) {
      setSent(false);
      setWords(`Not replayed: ${(error as Error).message}`);
    }
  };
  const now = Date.now();
  return (
    <article class="dead-letter" aria-label={`Dead letter ${id}`}>
      <p class="dead-letter-head">
        <b class="reason">{reason}</b>
        {code !== null && <span class="code">{code}</span>}
        <span class="time">{formatTime(time, now)}</span>
        {typeof event.subject === "string" && <span class="subject">{event.subject}</span>}
        {replayedAt !== undefined && <span class="time">replayed {formatTime(replayedAt, now)}</span>}
      </p>
      {detail !== null && <p class="why">{explain(detail)}</p>}
      <details onToggle={(toggled) => toggled.currentTarget.open && setData((before) => before ?? textOf(event.data))}>
        <summary>Show and correct</summary>
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
      <div class="dead-letter-foot">
        <button type="button" class="button" disabled={isSent} onClick={send}>
          {replayedAt === undefined ? "Replay" : "Replay again"}
        </button>
        <p role="status">{words}</p>
      </div>
    </article>
  );
}

function textOf(data: unknown): string {
  return data === undefined ? "" : JSON.stringify(data, null, 2);
}

// The last answer's body: a problem's detail and faults, or any text.
function explain(detail: NonNullable<DeadLetterView["detail"]>): string {
  if (typeof detail === "string") return detail;
  const { detail: said, title, errors } = detail;
  const faults = Array.isArray(errors) ? errors.map(({ pointer, rule }) => `${pointer || "the whole"}: ${rule}`) : [];
  return [said ?? title, ...faults].filter((part) => typeof part === "string").join(" ");
}
