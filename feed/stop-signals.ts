// A terminal sends Ctrl-C to every process of the command, and npm forwards the one it gets: one key press arrives twice.
const SAME_KEY_MS = 500;

/** A controller that the first Ctrl-C or SIGTERM aborts. The second ends the process at once. */
export function stopOnSignals(): AbortController {
  const stop = new AbortController();
  let firstAt = 0;
  const onSignal = () => {
    if (!stop.signal.aborted) {
      firstAt = performance.now();
      stop.abort();
    } else if (performance.now() - firstAt > SAME_KEY_MS) {
      process.exit(130);
    }
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return stop;
}
