/** Weeks, days, hours, minutes and seconds: years and months have no fixed length. */
const ISO_8601 =
  /^P(?=.)(?:(\d+(?:[.,]\d+)?)W)?(?:(\d+(?:[.,]\d+)?)D)?(?:T(?=.)(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$/;
const SECONDS = [604_800, 86_400, 3600, 60, 1];

/**
 * The milliseconds of an ISO 8601 duration; `undefined` for any other text. Each number keeps one decimal, as in Knative
 * (github.com/rickb777/date/period): PT0.25S is 200 ms, and PT0.05S is 0.
 */
export function parseDuration(text: string): number | undefined {
  const parts = ISO_8601.exec(text);
  if (parts === null) return undefined;
  const tenths = parts.slice(1).map((part) => Math.trunc(Number((part ?? "0").replace(",", ".")) * 10 + 1e-6));
  return tenths.reduce((sum, tenth, i) => sum + tenth * (SECONDS[i] as number) * 100, 0);
}
