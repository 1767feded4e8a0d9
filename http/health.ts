import { problem } from "./problem.ts";
import type { HttpReply } from "./route.ts";

export const LIVENESS_PATH = "/health/live";
export const READINESS_PATH = "/health/ready";

/** The answer of a server that lives or is ready. */
export const HEALTHY: HttpReply = { status: 200, headers: { "content-type": "text/plain" }, body: "OK" };

/** The answer to a readiness probe: 503 with the message of what `check` rejects with, which names the remedy. */
export async function readinessOf(check: () => Promise<void>): Promise<HttpReply> {
  try {
    await check();
    return HEALTHY;
  } catch (error) {
    return problem(503, "Not ready", error instanceof Error ? error.message : String(error));
  }
}
