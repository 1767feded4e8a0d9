import { type Parsed, refuse } from "../../events/fault.ts";
import { SERVICE_NAME_FORM } from "../../events/pulse.ts";
import { type Asker, Places } from "../../http/places.ts";
import type { Turns } from "../../http/turns.ts";
import type { ServiceList } from "./service-list.ts";
import { timeText } from "./time-text.ts";
import { viewService } from "./view.ts";

/** A page ends before its services are more than this, in characters of JSON; it has one at least. */
const MAX_PAGE_CHARACTERS = 4 * 1024 * 1024;

/** Pages that are made at one time, of some megabytes each. */
const MAX_PAGES = 4;
/** Clients that wait for one. */
const MAX_WAITING = 100;

export interface ServicePageQuery {
  limit: number;
  cursor: string | undefined;
  /** Which services it shows. */
  covers: (service: string) => boolean;
}

/** How a page shares the process with others. */
interface Share {
  /** Resolves when the next chunk may be read. */
  nextTurn: () => Promise<void>;
  /** The page is given up once it aborts. */
  signal: AbortSignal;
}

/** Makes pages of the list of services, some at one time. */
export class ServicePages {
  readonly #services: Pick<ServiceList, "chunks" | "judgedUntil">;
  readonly #turns: Turns;
  readonly #places = new Places(MAX_PAGES, MAX_WAITING);

  constructor(services: Pick<ServiceList, "chunks" | "judgedUntil">, turns: Turns) {
    this.#services = services;
    this.#turns = turns;
  }

  /**
   * A page as JSON: `{"services":[…],"judged_until":"…","cursor":"…"}`, sorted by name. Which services come on which page follows the store's order,
   * which may be another. The cursor leads on, and is absent at the end. `undefined` when who asks gets no place for making it,
   * or has to give it up. @throws when the store is away
   */
  get(asker: Asker, query: ServicePageQuery): Promise<Parsed<string> | undefined> {
    const client = asker.client();
    return this.#places.workInTurn(asker, (signal) =>
      servicePage(this.#services, query, { signal, nextTurn: () => this.#turns.next(client) }),
    );
  }
}

async function servicePage(
  services: Pick<ServiceList, "chunks" | "judgedUntil">,
  { limit, cursor, covers }: ServicePageQuery,
  { nextTurn, signal }: Share,
): Promise<Parsed<string>> {
  const after = decodeCursor(cursor);
  if (!after.ok) return after;
  const judgedUntil = timeText(await services.judgedUntil());
  const shown: { name: string; text: string }[] = [];
  let characters = 0;
  let last: string | undefined;
  let isFirst = true;
  for await (const chunk of services.chunks({ after: after.value })) {
    // A list of one chunk takes no turn.
    if (isFirst) isFirst = false;
    else await nextTurn();
    signal.throwIfAborted();
    for (const service of chunk) {
      const name = service.pulse.service_name;
      if (!covers(name)) continue;
      const text = JSON.stringify(viewService(service));
      characters += text.length;
      if (shown.length === limit || (characters > MAX_PAGE_CHARACTERS && last !== undefined)) {
        return { ok: true, value: pageOf(shown, judgedUntil, encodeCursor(last as string)) };
      }
      shown.push({ name, text });
      last = name;
    }
  }
  return { ok: true, value: pageOf(shown, judgedUntil) };
}

function pageOf(shown: { name: string; text: string }[], judgedUntil: string | null, cursor?: string): string {
  shown.sort((a, b) => (a.name < b.name ? -1 : 1));
  const list = shown.map(({ text }) => text).join(",");
  const more = `"judged_until":${JSON.stringify(judgedUntil)}`;
  return `{"services":[${list}],${more}${cursor === undefined ? "" : `,"cursor":${JSON.stringify(cursor)}`}}`;
}

function encodeCursor(service: string): string {
  return Buffer.from(service).toString("base64url");
}

function decodeCursor(text: string | undefined): Parsed<string | undefined> {
  if (text === undefined) return { ok: true, value: undefined };
  const service = Buffer.from(text, "base64url").toString();
  // Buffer skips what is not base64; only text that comes out the same again is a cursor.
  if (!SERVICE_NAME_FORM.test(service) || encodeCursor(service) !== text) {
    return refuse("/cursor", "Expected the cursor of the page before, unchanged", text);
  }
  return { ok: true, value: service };
}
