const startedAt = performance.now();

/** Prints a line of progress with the seconds since the command began. */
export function say(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`[${seconds.padStart(6)} s] ${text}`);
}
