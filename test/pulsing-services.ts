/** What four services say five times a second: all is well, or what is the matter with each of those in trouble. */
export interface PulsingServices {
  /** The services that are not well from now on. */
  inTrouble: readonly Service[];
  /** The ids that pulse-ingest has accepted so far. */
  acceptedIds: string[];
  /** Stops, and waits for what is on its way. @throws the first failure of all requests */
  stop(): Promise<void>;
}

export const SERVICES = ["steady", "slow", "failing", "silent"] as const;
export type Service = (typeof SERVICES)[number];

const FINE = { latency_ms: 12.5, status: "ok" };
const IN_TROUBLE = {
  steady: FINE,
  slow: { latency_ms: 2500, status: "slow" },
  failing: { latency_ms: 40, status: "500" },
  silent: undefined,
};
const EVERY_MS = 200;

/** Starts to pulse to pulse-ingest. */
export function startPulsing(ingest: string): PulsingServices {
  const posts = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const pulsing: PulsingServices = { inTrouble: [], acceptedIds: [], stop };
  const timer = setInterval(() => {
    const sent = send()
      .catch((error: unknown) => void failures.push(error))
      .finally(() => posts.delete(sent));
    posts.add(sent);
  }, EVERY_MS);

  async function send(): Promise<void> {
    const pulses = SERVICES.flatMap((service_name) => {
      const said = pulsing.inTrouble.includes(service_name) ? IN_TROUBLE[service_name] : FINE;
      return said === undefined ? [] : [{ service_name, ...said }];
    });
    const answer = await post(`${ingest}/pulse`, "application/json", JSON.stringify(pulses));
    if (answer !== "") pulsing.acceptedIds.push(...((JSON.parse(answer) as { ids?: string[] }).ids ?? []));
  }

  async function stop(): Promise<void> {
    clearInterval(timer);
    await Promise.all(posts);
    if (failures.length > 0) throw failures[0];
  }

  return pulsing;
}

/** @returns the answer's body */
export async function post(url: string, type: string, body: string): Promise<string> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": type }, body });
  return response.text();
}
