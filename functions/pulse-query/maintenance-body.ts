import * as z from "zod";
import { named } from "./answers.ts";

/** The body that plans work on a service. */
export const maintenanceBody = z
  .strictObject({
    from: z.iso.datetime({ offset: true }),
    to: z.iso.datetime({ offset: true }).describe("Later than from."),
    reason: z.string().min(1).max(500),
  })
  .register(named, { id: "Maintenance", description: "Work that is planned: what happens meanwhile is no incident." });
