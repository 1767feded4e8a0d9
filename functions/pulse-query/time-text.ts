/** As the API writes a time (epoch ms). */
export function timeText<T extends number | null>(time: T): T extends number ? string : string | null {
  return (time === null ? null : new Date(time).toISOString()) as T extends number ? string : string | null;
}
