// The bodies of requests that change something, and their answers, as answers.ts has the others.
import * as z from "zod";
import { named } from "./answers.ts";

export const forgettingAnswer = z.object({ service_name: z.string(), detail: z.string() }).register(named, {
  id: "Forgetting",
  description: "The service is being removed. 204 to the same request says that it is done.",
});

/** The body of a sign-in. */
export const signInBody = z.object({ token: z.string().min(1) }).register(named, { id: "SignIn" });

/** The body of a replay that corrects. */
export const correctionBody = z.looseObject({}).register(named, {
  id: "Correction",
  description: "Data in place of the event's: a pulse, or an object with pulses.",
});

export const replayAnswer = z.object({ replayed: z.int() }).register(named, { id: "Replay" });
