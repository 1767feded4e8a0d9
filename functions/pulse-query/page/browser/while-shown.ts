/**
 * Calls `read`, which does not throw, now and again so long after each time, while the page is shown. A page that is shown again reads at
 * once.
 * @returns ends it
 */
export function whileShown(everyMs: number, read: (signal: AbortSignal) => Promise<void>): () => void {
  const leaving = new AbortController();
  const { signal } = leaving;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const go = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    await read(signal);
    clearTimeout(timer);
    if (!signal.aborted) timer = setTimeout(go, everyMs);
  };
  document.addEventListener("visibilitychange", go, { signal });
  void go();
  return () => {
    leaving.abort();
    clearTimeout(timer);
  };
}
