import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { ServiceDetail } from "../../answers.ts";
import { readService, type Span } from "./api.ts";
import { type Choice, refreshAfterMs, spanOf } from "./spans.ts";
import { whileShown } from "./while-shown.ts";

const DETAIL_EVERY_MS = 30_000;

/** All that is known of how a service is. Another `since` is a reason to ask again. */
export function useDetail(name: string, since: string | null | undefined): ServiceDetail | undefined {
  const [detail, setDetail] = useState<ServiceDetail>();
  useEffect(
    () =>
      whileShown(DETAIL_EVERY_MS, (signal) =>
        // The live stream shows when the service is unknown or pulse-query does not answer.
        readService(name, signal).then(setDetail, () => undefined),
      ),
    [name, since],
  );
  return detail;
}

/**
 * What `ask` answers about the chosen span. A moving span is read again when it moves on, and soon after `refreshSoon`.
 * @param ask another function is another question
 */
export function useSpanAnswer<T>(ask: (span: Span, signal: AbortSignal) => Promise<T>, choice: Choice) {
  const [answer, setAnswer] = useState<T>();
  const [problem, setProblem] = useState<string>();
  const soon = useRef<() => void>(() => undefined);
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let dueAt = Number.POSITIVE_INFINITY;
    let freshUntil = 0;
    let isReading = false;
    let isWanted = false;
    const plan = (at: number) => {
      const next = Math.max(at, Date.now() + 1000);
      if (choice.kind === "fixed" || dueAt <= next) return;
      clearTimeout(timer);
      dueAt = next;
      timer = setTimeout(read, next - Date.now());
    };
    const read = async () => {
      dueAt = Number.POSITIVE_INFINITY;
      isReading = true;
      isWanted = false;
      const span = spanOf(choice, Date.now());
      try {
        setAnswer(await ask(span, signal));
        setProblem(undefined);
      } catch (error) {
        if (!signal.aborted) setProblem((error as Error).message);
      }
      if (signal.aborted) return;
      isReading = false;
      freshUntil = Date.now() + refreshAfterMs(choice);
      plan(isWanted ? freshUntil : span.to);
    };
    soon.current = () => {
      isWanted = true;
      if (!isReading) plan(freshUntil);
    };
    void read();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [ask, choice]);
  return { answer, problem, refreshSoon: useCallback(() => soon.current(), []) };
}
