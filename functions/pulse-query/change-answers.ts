// The bodies of requests that change something, and their answers, as answers.ts has the others.
import * as z from "zod";
import { carriedPulseSchema, pulseSchema } from "../../events/pulse.ts";
import { named } from "./answers.ts";

export const forgettingAnswer = z.object({ service_name: z.string(), detail: z.string() }).register(named, {
  id: "Forgetting",
  description: "The service is being removed. 204 to the same request says that it is done.",
});

/** The body of a sign-in. */
export const signInBody = z.object({ token: z.string().min(1) }).register(named, { id: "SignIn" });

/** The body of a replay that corrects. */
export const correctionBody = z
  .union([
    pulseSchema.meta({ title: "CorrectedPulse" }),
    z.object({ pulses: z.array(carriedPulseSchema) }).meta({ title: "CorrectedPulses" }),
  ])
  .register(named, {
    id: "Correction",
    description: "Data in place of the event's: a pulse, or an object with pulses, as the event's type asks for.",
  });

const TIME = "Expected an RFC 3339 time such as 2026-12-24T22:00:00Z";
const REASON = "Expected a text of 1 to 500 characters";

/** The body that plans work on a service. */
export const maintenanceBody = z
  .strictObject(
    {
      from: z.iso.datetime({ offset: true, error: TIME }),
      to: z.iso.datetime({ offset: true, error: TIME }).describe("Later than from."),
      reason: z.string(REASON).min(1, REASON).max(500, REASON),
    },
    "Expected an object with from, to and reason",
  )
  .register(named, { id: "Maintenance", description: "Work that is planned: what happens meanwhile is no incident." });

export const replayAnswer = z.object({ replayed: z.int() }).register(named, { id: "Replay" });
