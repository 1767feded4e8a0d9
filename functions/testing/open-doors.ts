import { type Doors, OPEN_DOOR } from "../tokens/doors.ts";

/** The doors of a laptop without tokens. */
export const OPEN_DOORS: Doors = { admin: OPEN_DOOR, close: () => undefined };
