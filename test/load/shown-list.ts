interface ShownService {
  service_name: string;
  health: string;
  last_seen: string;
}

/**
 * Of the good services, those that an answer of `GET /services` shows wrongly: each is up and has pulsed within the last minute. Until
 * the store `isSettled` nobody may know how a service is, and none may be called down.
 */
export function shownWrongly(body: string, isSettled: boolean): ShownService[] {
  const { services } = JSON.parse(body) as { services: ShownService[] };
  return services.filter(({ service_name: name, health, last_seen: time }) => {
    if (!name.startsWith("good-")) return false;
    if (!isSettled) return health !== "up" && health !== "unknown";
    return health !== "up" || Date.now() - Date.parse(time) > 60_000;
  });
}
