// What each tile of the wall shows of its service, read for many tiles in one request: only for those that are in view, and again with
// each step of time.
import { useEffect, useState } from "preact/hooks";

const RETRY_MS = 10_000;
/** Tiles that come into view within this time share a request. */
const GATHER_MS = 50;
/** Screens do not all ask in the same moment. */
const OWN_DELAY_MS = Math.random() * 1000;
/** pulse-query takes so many services in a request, and URLs of 4,096 characters. */
const MAX_SERVICES = 240;
const MAX_CHARACTERS = 3500;

export interface GatheringOptions<T> {
  /** How often a value is read again. */
  stepMs: number;
  /** Reads the values of some services by name, as of the end of a step (epoch ms). */
  read(services: readonly string[], to: number): Promise<Iterable<readonly [string, T]>>;
}

/**
 * A hook that gives the value of a service, while its tile is in view.
 * @returns with `reason`: another one is a reason to read the value again
 */
export function gathering<T>({ stepMs, read }: GatheringOptions<T>) {
  const known = new Map<string, { key: string; value: T }>();
  /** Services that wait for the next request, with the key of what they will know. */
  let waiting = new Map<string, string>();
  let next: Promise<void> | undefined;
  const endOfStep = () => Math.floor(Date.now() / stepMs + 1) * stepMs;

  /** Resolves when the value is known. */
  function readSoon(service: string, key: string): Promise<void> {
    waiting.set(service, key);
    next ??= new Promise((resolve) => setTimeout(resolve, GATHER_MS)).then(() => {
      const keys = waiting;
      waiting = new Map();
      next = undefined;
      return readAll(keys);
    });
    return next;
  }

  async function readAll(keys: ReadonlyMap<string, string>): Promise<void> {
    for (const some of requestsOf([...keys.keys()])) {
      for (const [service, value] of await read(some, endOfStep())) {
        known.set(service, { key: keys.get(service) as string, value });
      }
    }
  }

  return (service: string, isVisible: boolean, reason = ""): T | undefined => {
    const [value, setValue] = useState<T | undefined>(known.get(service)?.value);
    useEffect(() => {
      if (!isVisible) return;
      let isGone = false;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const refresh = async () => {
        const key = `${endOfStep()} ${reason}`;
        let waitMs = endOfStep() - Date.now() + OWN_DELAY_MS;
        try {
          if (known.get(service)?.key !== key) await readSoon(service, key);
          setValue(known.get(service)?.value);
        } catch {
          waitMs = RETRY_MS; // The masthead shows when the connection is lost.
        }
        if (!isGone) timer = setTimeout(refresh, waitMs);
      };
      void refresh();
      return () => {
        isGone = true;
        waiting.delete(service);
        clearTimeout(timer);
      };
    }, [service, isVisible, reason]);
    return value;
  };
}

/** In the same order each time, so that screens with the same tiles share an answer. */
function requestsOf(services: readonly string[]): string[][] {
  const requests: string[][] = [[]];
  let characters = 0;
  for (const service of services.toSorted()) {
    const length = encodeURIComponent(service).length + 1;
    const last = requests.at(-1) as string[];
    if (last.length > 0 && (last.length === MAX_SERVICES || characters + length > MAX_CHARACTERS)) {
      requests.push([service]);
      characters = length;
    } else {
      last.push(service);
      characters += length;
    }
  }
  return requests.filter((request) => request.length > 0);
}
