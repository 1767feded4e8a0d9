import { ALL_SETTINGS } from "./all.ts";

const SETTINGS = ALL_SETTINGS.flatMap(({ settings }) => Object.values(settings)).map(({ variable }) => variable);
/** Only tests read these. */
const TEST_VARIABLES = ["PULSE_SCREENSHOTS", "PULSE_TEST_FOLDER"];
const KNOWN: ReadonlySet<string> = new Set([...SETTINGS, ...TEST_VARIABLES]);

// PulseAudio's clients and daemon read these; WSL, for one, sets PULSE_SERVER in every shell.
const PULSE_AUDIO =
  /^PULSE_(?:SERVER|SINK|SOURCE|BINARY|COOKIE|SCRIPT|CONFIG|CLIENTCONFIG|DLPATH|LOG|DBUS_SERVER|LATENCY_MSEC|(?:CONFIG|STATE|RUNTIME)_PATH|PROP(?:_\w+)?)$/;

/** A fault for each variable `PULSE_…` that nothing reads: most likely a misspelt setting. */
export function findUnknownVariables(env: NodeJS.ProcessEnv): string[] {
  const names = Object.keys(env);
  // Kubernetes may give a pod variables such as PULSE_QUERY_PORT for each Service of its namespace.
  const services = names.filter((name) => name.endsWith("_SERVICE_HOST")).map((name) => name.slice(0, -13));
  const isOfService = (name: string) =>
    services.some((service) => name.startsWith(`${service}_SERVICE_`) || name.startsWith(`${service}_PORT`));
  return names
    .filter((name) => name.startsWith("PULSE_") && !KNOWN.has(name) && !PULSE_AUDIO.test(name) && !isOfService(name))
    .map((name) => `${name}: Expected the name of a setting, got an unknown one: did you mean ${nearestTo(name)}?`);
}

function nearestTo(name: string): string {
  return SETTINGS.reduce((best, next) => (distanceBetween(name, next) < distanceBetween(name, best) ? next : best));
}

/** How many letters must be inserted, removed or replaced to turn one word into the other (Levenshtein distance). */
export function distanceBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] as number) + (letter === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
