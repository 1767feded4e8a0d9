// The answers about dead letters, as answers.ts has the others. pulse-deadletter makes them.
import * as z from "zod";
import { REASONS } from "../dead-letter-reason.ts";
import { count, fault, named, time } from "./answers.ts";

export const deadLetterView = z
  .object({
    id: z.string(),
    reason: z.enum(REASONS).describe("What went wrong, in one word."),
    code: z.int().nullable().describe("The HTTP status of the last answer."),
    destination: z
      .string()
      .nullable()
      .describe("The server that did not take it; of its path and query, only that there are some."),
    detail: z
      .union([z.string(), z.record(z.string(), z.unknown())])
      .nullable()
      .describe("The last answer's body."),
    time,
    replayed_at: time.optional().describe("When the broker last took it; absent again once it has come back."),
    services: z.array(z.string()).describe("The services that it names: the first ten."),
    faults: z.array(fault).describe("What a replay as it is would fail for: the first ten."),
    event: z.record(z.string(), z.unknown()).describe("The CloudEvent, structured, with the data that failed first."),
    correction: z
      .unknown()
      .optional()
      .describe("The data that were last sent in place of the event's. A replay sends them."),
  })
  .register(named, { id: "DeadLetter", description: "An event that could not be delivered, and why." });

export const deadLettersAnswer = z
  .object({ dead_letters: z.array(deadLetterView), cursor: z.string().optional() })
  .register(named, { id: "DeadLetters", description: "A page of dead letters, newest first." });

export const deadLetterCount = z
  .object({
    waiting: count.describe("Dead letters that were not replayed."),
    is_more: z.boolean().describe("Whether there are more than the newest 1,000 dead letters, which are counted."),
  })
  .register(named, { id: "DeadLetterCount" });

export type DeadLetterCount = z.infer<typeof deadLetterCount>;
export type DeadLetterView = z.infer<typeof deadLetterView>;
