const AGAIN_AFTER_MS = 10_000;

/** Tells the user that requests are tried again: once for each reason, and now and then while it lasts. */
export function retryNotice(url: URL, retryForMs: number, log: (line: string) => void): (reason: string) => void {
  let said = { reason: "", at: 0 };
  return (reason) => {
    if (said.reason === reason && performance.now() - said.at < AGAIN_AFTER_MS) return;
    said = { reason, at: performance.now() };
    log(`${url}: ${reason}; trying again, for ${retryForMs / 1000} s at most …`);
  };
}
