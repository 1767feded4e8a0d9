import { Pace } from "../../http/pace.ts";
import type { PulseFunction } from "../pulse-function.ts";
import { Intake, type IntakeOptions } from "./intake.ts";
import { otlpRoutes } from "./otlp/routes.ts";
import { pingRoutes, tokenOf } from "./pings/routes.ts";
import { pulseRoutes } from "./pulse-routes.ts";
import { zipkinRoutes } from "./zipkin/routes.ts";

export interface IngestOptions extends IntakeOptions {
  /** Closes the connections to other parts, once no pulse waits. */
  disconnect: () => Promise<void>;
  /** Where OTLP's exporters look for a collector on this machine. */
  otlpPort: number | undefined;
}

/** pulse-ingest: takes pulses over HTTP and answers 202 once the broker has them. */
export function createIngest(options: IngestOptions): PulseFunction {
  const { emitter, tokens } = options;
  const intake = new Intake(options);
  return {
    name: "pulse-ingest",
    pace: new Pace(),
    routes: [...pulseRoutes(intake), ...otlpRoutes(intake), ...zipkinRoutes(intake), ...pingRoutes(intake)],
    loopbackPort: options.otlpPort,
    senderOf: (headers, parameters) => tokens?.grantOf(tokenOf(headers, parameters))?.sender,
    // Without a broker, requests still get an answer: a 503 that says so.
    check: async () => intake.trouble && `Pulses are not accepted: ${intake.trouble}`,
    close: async () => {
      await emitter.flush();
      await options.disconnect();
      tokens?.close();
    },
  };
}
