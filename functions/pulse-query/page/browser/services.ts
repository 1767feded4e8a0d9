import { useRef, useState } from "preact/hooks";
import type { ServiceView } from "../../answers.ts";
import { type Connection, useLive } from "./live.ts";

/** By name, as the stream last showed them. They stay while the reader looks at another view. */
const services = new Map<string, ServiceView>();

/** All services, kept up to date by the live stream. */
export interface LiveServices {
  /** Changes in place: `turn` counts the changes. */
  services: ReadonlyMap<string, ServiceView>;
  turn: number;
  /** Whether all services are known. */
  isReady: boolean;
  connection: Connection;
}

/** Listens to the live stream of all services, and redraws at most once a frame. */
export function useServices(): LiveServices {
  const [turn, setTurn] = useState(0);
  const [isReady, setReady] = useState(services.size > 0);
  const snapshot = useRef<Set<string> | undefined>(undefined);
  const isDrawing = useRef(false);
  const drawSoon = () => {
    if (isDrawing.current) return;
    isDrawing.current = true;
    requestAnimationFrame(() => {
      isDrawing.current = false;
      setTurn((before) => before + 1);
    });
  };
  const connection = useLive(undefined, {
    onOpen() {
      snapshot.current = new Set();
    },
    onEvent(event, data) {
      const service = data as ServiceView;
      if (event === "gone") services.delete(service.service_name);
      else {
        services.set(service.service_name, service);
        snapshot.current?.add(service.service_name);
      }
      if (snapshot.current === undefined) drawSoon();
    },
    onReady() {
      for (const name of services.keys()) if (snapshot.current?.has(name) === false) services.delete(name);
      snapshot.current = undefined;
      setReady(true);
      // Not a frame later: the masthead says "live" now.
      setTurn((before) => before + 1);
    },
  });
  return { services, turn, isReady, connection };
}
