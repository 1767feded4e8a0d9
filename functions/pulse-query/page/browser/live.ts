import { useEffect, useRef, useState } from "preact/hooks";
import { HEARTBEAT_MS, LIVE_EVENTS } from "../../live-protocol.ts";
import { pathOf } from "./api.ts";
import { askSession } from "./session.ts";

/** What the page knows of pulse-query by a live stream. */
export interface Connection {
  /**
   * `away`: pulse-query answers, and its store does not. `stale`: two heartbeats did not come. `resting`: the page was
   * hidden, and what it shows is as of then until the stream has begun again.
   */
  state: "waiting" | "live" | "away" | "stale" | "lost" | "resting";
  /** Epoch ms of the last event; 0 before the first. */
  heardAt: number;
  /** Why the store is away. */
  reason?: string;
  /** Since when no service has a newer pulse, where one should have. */
  nothingNewSince?: string;
  /** Why pulses are not stored. */
  notStored?: string;
  judged?: Judged;
}

/** How far pulse-health has come. */
export interface Judged {
  /** `null` where it has judged nothing yet. */
  until: string | null;
  /** Epoch ms by the reader's clock, which may be wrong: when it was heard to have come so far. */
  heardAt: number;
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

/**
 * Listens to the live stream of a service, or of all, while the page is shown; one connection at a time. A hidden page has
 * none: over HTTP/1.1 a browser opens six to a host, and six pages would leave none for a seventh.
 */
export function useLive(service: string | undefined, handlers: LiveHandlers): Connection {
  const path = service === undefined ? "live" : `${pathOf(service)}/live`;
  const [connection, setConnection] = useState<Connection>({ state: "waiting", heardAt: heard.get(path) ?? 0 });
  const latest = useRef(handlers);
  latest.current = handlers;
  // The handlers are read when an event comes.
  useEffect(() => {
    let source: EventSource | undefined;
    let reconnect: ReturnType<typeof setTimeout> | undefined;
    let silence: ReturnType<typeof setTimeout> | undefined;
    const show = (state: Connection["state"], more: Partial<Connection> = {}) =>
      setConnection({ state, heardAt: heard.get(path) ?? 0, ...more });
    const expectNews = () => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        show("stale");
        // A connection to a process that hangs never ends. A new one may reach another process.
        disconnect();
        connect();
      }, STALE_AFTER_MS);
    };
    const disconnect = () => {
      clearTimeout(reconnect);
      clearTimeout(silence);
      source?.close();
      source = undefined;
    };
    const connect = () => {
      const stream = new EventSource(path);
      source = stream;
      expectNews();
      const hear = (name: string, listener: (event: Event) => void) =>
        stream.addEventListener(name, (event) => {
          // Not of a stream that was closed: it speaks for another time.
          if (source === stream) listener(event);
        });
      hear("open", () => latest.current.onOpen());
      for (const name of LIVE_EVENTS) {
        hear(name, (event) => {
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
      hear("error", () => {
        clearTimeout(silence);
        show("lost");
        if (stream.readyState !== EventSource.CLOSED) return;
        // An answer that is no stream may be a 401.
        void askSession();
        reconnect = setTimeout(connect, RECONNECT_MS);
      });
    };
    const follow = () => {
      disconnect();
      if (!document.hidden) connect();
      else if (heard.has(path)) show("resting");
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      disconnect();
    };
  }, [path]);
  return connection;
}

interface Heartbeat {
  nothing_new_since?: string;
  not_stored?: string;
  judged_until: string | null;
}

function withHeartbeat(before: Connection, data: Heartbeat): Connection {
  if (before.state !== "live") return before;
  const { nothing_new_since: since, not_stored: reason, judged_until: until } = data;
  return {
    state: "live",
    heardAt: Date.now(),
    ...(since !== undefined && { nothingNewSince: since }),
    ...(reason !== undefined && { notStored: reason }),
    judged: judgedOf(before.judged, until),
  };
}

function judgedOf(before: Judged | undefined, until: string | null): Judged {
  if (before?.until === until) return before;
  const now = Date.now();
  // The first one may be old.
  const at = before === undefined && until !== null ? Math.min(now, Date.parse(until)) : now;
  return { until, heardAt: at };
}
