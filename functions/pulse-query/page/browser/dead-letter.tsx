import { useEffect, useRef, useState } from "preact/hooks";
import type { DeadLetterView } from "../../dead-letter-answers.ts";
import { type Refusal, readDeadLetter, replay } from "./api.ts";
import { countAgain } from "./dead-letter-count.tsx";
import { dataToSend, explainDetail, explainFault, originalOf } from "./dead-letter-facts.ts";
import { formatTime } from "./format.ts";
import { hrefOfService } from "./page-view.ts";

/** When to look again at a dead letter that was sent: it may fail once more. */
const LOOK_AFTER_MS = [0, 2000, 8000, 20_000];
const MAX_SHOWN = 3;

interface DeadLetterProperties {
  deadLetter: DeadLetterView;
  /** Called with the dead letter as it is now, after a replay. */
  onChange(next: DeadLetterView): void;
}

/** One dead letter. The reader can correct its data, and replay it. */
export function DeadLetter({ deadLetter, onChange }: DeadLetterProperties) {
  const { id, reason, code, time, replayed_at: replayedAt, event, services, faults } = deadLetter;
  const [isSending, setSending] = useState(false);
  const [words, setWords] = useState("");
  const [draft, setDraft] = useState<string>();
  const [isOpen, setOpen] = useState(false);
  const following = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => following.current?.abort(), []);
  const stored = dataToSend(deadLetter);

  /** Shows what becomes of an event that was sent. */
  const follow = async () => {
    following.current?.abort();
    following.current = new AbortController();
    const { signal } = following.current;
    for (const ms of LOOK_AFTER_MS) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (signal.aborted) return;
      const next = await readDeadLetter(id, signal).catch(() => undefined);
      if (next === undefined) continue;
      onChange(next);
      void countAgain();
      if (next.replayed_at !== undefined) continue;
      setWords("It failed again.");
      return;
    }
  };
  const send = async () => {
    setSending(true);
    setWords("Sending…");
    // What is known to be wrong is sent along, so that it is refused here and now.
    const data = (draft ?? stored) !== stored || faults.length > 0 ? (draft ?? stored) : undefined;
    try {
      await replay(id, { data, again: replayedAt !== undefined });
      setDraft(undefined);
      setWords("Sent to the broker. If it fails again, it shows here.");
      void follow();
    } catch (error) {
      const { faults: refused = [], message } = error as Refusal;
      const list = refused.map(({ pointer, rule }) => `${pointer.replace(/^\/data\/?/, "") || "data"}: ${rule}.`);
      setWords(`Not replayed. ${list.length > 0 ? list.join(" ") : message}`);
    }
    setSending(false);
  };
  const now = Date.now();
  const isReplayed = replayedAt !== undefined;
  return (
    <article class={`dead-letter ${isReplayed ? "up" : "down"}`} aria-label={`Dead letter ${id}`}>
      <p class="dead-letter-head">
        <b class="reason">{isReplayed ? "replayed" : reason}</b>
        {services.map((service) => (
          <a key={service} class="subject" href={hrefOfService(service)}>
            {service}
          </a>
        ))}
        <span class="time">
          {isReplayed ? `${formatTime(replayedAt, now)}, was ${reason}` : formatTime(time, now)}
          {code !== null && ` (${code})`}
        </span>
      </p>
      {!isReplayed && <Why deadLetter={deadLetter} />}
      <details onToggle={(toggled) => setOpen(toggled.currentTarget.open)}>
        <summary>Show and correct</summary>
        {isOpen && (
          <div class="versions">
            <div>
              <span>As it failed first</span>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach what scrolls */}
              <pre tabIndex={0}>{originalOf(deadLetter)}</pre>
            </div>
            <label>
              <span>To send, as JSON</span>
              <textarea
                rows={6}
                spellcheck={false}
                value={draft ?? stored}
                onInput={(typed) => setDraft(typed.currentTarget.value)}
              />
            </label>
          </div>
        )}
        <p class="quiet">
          {String(event.type)} from {String(event.source)}, id {String(event.id)}
        </p>
      </details>
      <div class="dead-letter-foot">
        <button type="button" class="button" disabled={isSending} onClick={send}>
          {isReplayed ? "Replay again" : "Replay"}
        </button>
        <p role="status">{words}</p>
      </div>
    </article>
  );
}

/** Why the event failed: what is wrong with its data, or what the last answer said. */
function Why({ deadLetter }: { deadLetter: DeadLetterView }) {
  const { faults, detail } = deadLetter;
  if (faults.length === 0) return detail === null ? null : <p class="why">{explainDetail(detail)}</p>;
  return (
    <ul class="why">
      {faults.slice(0, MAX_SHOWN).map((fault) => {
        const { place, value, rule } = explainFault(deadLetter, fault);
        return (
          <li key={fault.pointer + fault.rule}>
            <code>
              {place}: {value}
            </code>{" "}
            {rule}.
          </li>
        );
      })}
      {faults.length > MAX_SHOWN && <li>and more</li>}
    </ul>
  );
}
