/** What was counted counts for less as time goes by: for a third after so many ms. */
const FADING_MS = 1000;

/** An amount as of a time, in ms. */
export interface Fading {
  amount: number;
  at: number;
}

/** What is left of an amount by now. */
export function leftOf({ amount, at }: Fading, now: number): number {
  return amount * Math.exp((at - now) / FADING_MS);
}

/** In how many ms no more is left of an amount than another, smaller one. */
export function fadesTo(amount: number, smaller: number): number {
  return FADING_MS * Math.log(amount / smaller);
}
