import { type Doors, OPEN_DOOR } from "../tokens/doors.ts";

/** The doors of a laptop without tokens. */
export const OPEN_DOORS: Doors = {
  read: OPEN_DOOR,
  admin: OPEN_DOOR,
  hasTokens: false,
  knows: () => false,
  close: () => undefined,
};
