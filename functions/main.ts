// A function's process. PULSE_FUNCTION says which function, and the process loads only that one's parts.
import { endAtOnce } from "../http/process-end.ts";
import { returnMemory } from "../http/returned-memory.ts";
import type { FunctionName } from "../settings/function-settings.ts";
import type { Compose } from "./parts.ts";
import { run } from "./runtime/run.ts";

const COMPOSERS: Record<FunctionName, () => Promise<{ compose: Compose }>> = {
  "pulse-ingest": () => import("./pulse-ingest/compose.ts"),
  "pulse-persist": () => import("./pulse-persist/compose.ts"),
  "pulse-query": () => import("./pulse-query/compose.ts"),
  "pulse-deadletter": () => import("./pulse-deadletter/compose.ts"),
  "pulse-health": () => import("./pulse-health/compose.ts"),
};

endAtOnce();
returnMemory();
run(process.env, async (name) => (await COMPOSERS[name]()).compose);
