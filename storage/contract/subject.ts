// What the parts of the contract share: the adapter under test, and the stores that it opens.
import type { DeadLetterStore, PulseForgetter, PulseReader, PulseWriter, StoreLifecycle } from "../ports.ts";

/** A pulse store as its adapter opens it. */
export type OpenPulseStore = PulseWriter & PulseReader & PulseForgetter & StoreLifecycle;
/** A dead-letter store as its adapter opens it. */
export type OpenDeadLetterStore = DeadLetterStore & StoreLifecycle;

/** An open store and the way to open the same data once more. */
export interface Opened<S> {
  store: S;
  /** Opens another handle on the same data, whether or not the first is closed. */
  reopen(): Promise<S>;
  /** Closes every handle that is still open and removes the data. */
  dispose(): Promise<void>;
}

/** An adapter under test. */
export interface Subject<S> {
  name: string;
  /** Opens a store that is ready for use; its retention is 30 days unless given. */
  open(options: { retentionMs?: number }): Promise<Opened<S>>;
  /** Why the tests cannot run here; the report shows it. */
  skip?: string | undefined;
  /** How often a property is tried. @default 25 */
  propertyRuns?: number;
  /**
   * Whether the same service, source and id with another `event_time` are another pulse. Where they are not, the first
   * to come stays. @default false
   */
  isTimePartOfIdentity?: boolean;
}

/** What the tests of one part of the contract work with. */
export interface Fixture<S> extends Required<Pick<Subject<S>, "propertyRuns" | "isTimePartOfIdentity">> {
  /** The store that all tests share. */
  readonly store: S;
  /** A separate store; it is disposed of at the end. */
  open(options?: { retentionMs?: number }): Promise<Opened<S>>;
}

/** Opens handles on the same data by `open`, waits until each is ready, and closes them all before `remove`. */
export async function openHandles<S extends StoreLifecycle>(open: () => S, remove = () => {}): Promise<Opened<S>> {
  const handles: S[] = [];
  const reopen = async () => {
    const store = open();
    handles.push(store);
    await store.check();
    return store;
  };
  return {
    store: await reopen(),
    reopen,
    dispose: async () => {
      for (const store of handles) await store.close();
      remove();
    },
  };
}
