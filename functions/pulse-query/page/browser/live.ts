import { useEffect, useRef, useState } from "preact/hooks";
import { urlOfLive } from "./api.ts";

export type Connection = "waiting" | "live" | "lost";

/** After an answer that is no stream, such as a proxy's 502 during a restart, a browser gives up by itself. */
const RECONNECT_MS = 3000;

/** What a stream's events do; each gets the event's data. A stream that begins anew calls `onReady` again. */
export interface LiveHandlers {
  onEvent(name: string, data: unknown): void;
  /** The snapshot is complete: what did not come with it is gone. */
  onReady(): void;
  /** A snapshot begins. */
  onOpen(): void;
}

/** Listens to the live stream of a service, or of all; one connection at a time. */
export function useLive(service: string | undefined, names: readonly string[], handlers: LiveHandlers): Connection {
  const [connection, setConnection] = useState<Connection>("waiting");
  const latest = useRef(handlers);
  latest.current = handlers;
  // The handlers are read when an event comes, the names stay
  useEffect(() => {
    let source: EventSource;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const connect = () => {
      source = new EventSource(urlOfLive(service));
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
