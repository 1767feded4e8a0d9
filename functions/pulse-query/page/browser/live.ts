import { useEffect, useRef, useState } from "preact/hooks";
import { HEARTBEAT_MS, LIVE_EVENTS } from "../../live-protocol.ts";
import { pathOf } from "./api.ts";
import { askSession } from "./session.ts";

/** What the page knows of pulse-query by a live stream. */
export interface Connection {
  /** `away`: pulse-query answers, and its store does not. `stale`: two heartbeats did not come. */
  state: "waiting" | "live" | "away" | "stale" | "lost";
  /** Epoch ms of the last event; 0 before the first. */
  heardAt: number;
  /** Why the store is away. */
  reason?: string;
  /** Since when no service has a newer pulse, where one should have. */
  nothingNewSince?: string;
  /** Why pulses are not stored. */
  notStored?: string;
}

/** A browser does not reconnect after an answer that is no stream, such as a proxy's 502 during a restart. */
const RECONNECT_MS = 3000;
const STALE_AFTER_MS = 2 * HEARTBEAT_MS + 1000;

/** Called for a stream's events. A stream that reconnects begins again, or goes on after what it has shown. */
export interface LiveHandlers {
  onEvent(name: string, data: unknown): void;
  /** The beginning is complete: of a stream of all services, what did not come with it has gone. */
  onReady(): void;
  /** A stream begins. */
  onOpen(): void;
}

/** When each stream was last heard, by its path: what it has shown stays while the reader looks at another view. */
const heard = new Map<string, number>();

/** Listens to the live stream of a service, or of all; one connection at a time. */
export function useLive(service: string | undefined, handlers: LiveHandlers): Connection {
  const path = service === undefined ? "live" : `${pathOf(service)}/live`;
  const [connection, setConnection] = useState<Connection>({ state: "waiting", heardAt: heard.get(path) ?? 0 });
  const latest = useRef(handlers);
  latest.current = handlers;
  // The handlers are read when an event comes.
  useEffect(() => {
    let source: EventSource;
    let reconnect: ReturnType<typeof setTimeout> | undefined;
    let silence: ReturnType<typeof setTimeout> | undefined;
    const show = (state: Connection["state"], more: Partial<Connection> = {}) =>
      setConnection({ state, heardAt: heard.get(path) ?? 0, ...more });
    const expectNews = () => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        show("stale");
        // A connection to a process that hangs never ends. A new one may reach another process.
        source.close();
        connect();
      }, STALE_AFTER_MS);
    };
    const connect = () => {
      source = new EventSource(path);
      expectNews();
      source.addEventListener("open", () => latest.current.onOpen());
      for (const name of LIVE_EVENTS) {
        source.addEventListener(name, (event) => {
          heard.set(path, Date.now());
          expectNews();
          const data = JSON.parse((event as MessageEvent).data);
          if (name === "ready") {
            show("live");
            latest.current.onReady();
          } else if (name === "away") show("away", { reason: data.reason });
          else if (name !== "heartbeat") latest.current.onEvent(name, data);
          else setConnection((before) => withHeartbeat(before, data));
        });
      }
      source.addEventListener("error", () => {
        clearTimeout(silence);
        show("lost");
        if (source.readyState !== EventSource.CLOSED) return;
        // An answer that is no stream may be a 401.
        void askSession();
        reconnect = setTimeout(connect, RECONNECT_MS);
      });
    };
    connect();
    return () => {
      clearTimeout(reconnect);
      clearTimeout(silence);
      source.close();
    };
  }, [path]);
  return connection;
}

function withHeartbeat(before: Connection, data: { nothing_new_since?: string; not_stored?: string }): Connection {
  if (before.state !== "live") return before;
  const { nothing_new_since: since, not_stored: reason } = data;
  return {
    state: "live",
    heardAt: Date.now(),
    ...(since !== undefined && { nothingNewSince: since }),
    ...(reason !== undefined && { notStored: reason }),
  };
}
