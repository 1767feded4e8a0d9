import { useEffect, useRef, useState } from "preact/hooks";
import { pathOf } from "./api.ts";

export type Connection = "waiting" | "live" | "lost";

/** A browser does not reconnect after an answer that is no stream, such as a proxy's 502 during a restart. */
const RECONNECT_MS = 3000;

/** Called for a stream's events. A stream that reconnects begins with another snapshot. */
export interface LiveHandlers {
  onEvent(name: string, data: unknown): void;
  /** The snapshot is complete: what did not come with it has gone. */
  onReady(): void;
  /** A snapshot begins. */
  onOpen(): void;
}

/** Listens to the live stream of a service, or of all; one connection at a time. */
export function useLive(service: string | undefined, names: readonly string[], handlers: LiveHandlers): Connection {
  const [connection, setConnection] = useState<Connection>("waiting");
  const latest = useRef(handlers);
  latest.current = handlers;
  // `names` never change, and the handlers are read when an event comes.
  useEffect(() => {
    let source: EventSource;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const connect = () => {
      source = new EventSource(service === undefined ? "live" : `${pathOf(service)}/live`);
      source.addEventListener("open", () => latest.current.onOpen());
      for (const name of names) {
        source.addEventListener(name, (event) =>
          latest.current.onEvent(name, JSON.parse((event as MessageEvent).data)),
        );
      }
      source.addEventListener("ready", () => {
        setConnection("live");
        latest.current.onReady();
      });
      source.addEventListener("error", () => {
        setConnection("lost");
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, RECONNECT_MS);
      });
    };
    connect();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [service]);
  return connection;
}
