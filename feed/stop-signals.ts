// A terminal sends Ctrl-C to every process of the command, and npm hands its own on to us: one key comes twice.
const SAME_KEY_MS = 500;

/** A controller that Ctrl-C and SIGTERM abort, once and in good order; the second Ctrl-C ends the process at once. */
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
