import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../log.ts";
import { urlUnder } from "../url-under.ts";
import type { KnownServices } from "./known-services.ts";

/** Names that are kept: 20 MB of the longest. Whatever else the store has counts as new. */
const MAX_LEARNT = 100_000;
/** With what is random, at most half a minute: within it, a service that has expired or was removed makes room. */
const LOOK_EVERY_MS = 24_000;
const TRY_AGAIN_MS = 5000;
const TIMEOUT_MS = 60_000;

type Pause = (ms: number, value: undefined, options: { signal: AbortSignal; ref: boolean }) => Promise<void>;

/** Asks pulse-persist for the names of all services, at once and whenever they are due. */
export function learnServices(
  url: URL,
  services: KnownServices,
  log: Logger,
  pause: Pause = delay,
): { stop: () => void } {
  const ended = new AbortController();
  let hasFailed = false;

  /** Whether they were learnt. */
  async function learn(): Promise<boolean> {
    try {
      const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const names = await readNames(urlUnder(url, "/service-names"), signal);
      services.learn(names);
      if (hasFailed) log.info({ services: names.size }, "services learnt from pulse-persist");
      hasFailed = false;
      if (names.size === MAX_LEARNT)
        log.warn({ services: MAX_LEARNT }, "more services than can be kept: the others count as new");
      return true;
    } catch (error) {
      if (!hasFailed && !ended.signal.aborted) log.warn({ err: error }, "services not learnt: known ones stay known");
      hasFailed = true;
      return false;
    }
  }

  async function goOn(): Promise<void> {
    while (!ended.signal.aborted) {
      const pauseMs = !services.isDue || (await learn()) ? LOOK_EVERY_MS : TRY_AGAIN_MS;
      // In part random: pods that started together do not ask together.
      const options = { signal: ended.signal, ref: false };
      await pause(pauseMs * (0.75 + Math.random() / 2), undefined, options).catch(() => {});
    }
  }

  void goOn();
  return { stop: () => ended.abort() };
}

async function readNames(url: URL, signal: AbortSignal): Promise<Set<string>> {
  const response = await fetch(url, { signal, redirect: "error" });
  if (response.status !== 200 || response.body === null) {
    throw new Error(`Expected the names of services from ${url.href}, got ${response.status}`);
  }
  const names = new Set<string>();
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() as string;
    for (const line of lines) if (names.size < MAX_LEARNT) names.add(line);
  }
  return names;
}
