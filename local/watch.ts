import { type FSWatcher, statSync, watch } from "node:fs";

const DEBOUNCE_MS = 150;

/**
 * Calls back once for a burst of changes to sources below the paths, with those of the paths that changed.
 * @returns a function that ends the watch
 */
export function watchSources(paths: readonly string[], onChange: (changed: ReadonlySet<string>) => void): () => void {
  let changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const watchers: FSWatcher[] = [];
  for (const path of new Set(paths)) {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) continue;
    watchers.push(
      watch(path, { recursive: true }, (_event, file) => {
        if (file === null || !isLoaded(file)) return;
        changed.add(path);
        clearTimeout(timer);
        timer = setTimeout(() => {
          const burst = changed;
          changed = new Set();
          onChange(burst);
        }, DEBOUNCE_MS);
      }),
    );
  }
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

/** Whether a process may load this file: not a test's, and not one that an editor leaves behind. */
export function isLoaded(file: string): boolean {
  return /\.(tsx?|html|css|js|json|cql)$/.test(file) && !/\.test\.ts$|(^|\/)(testing|contract)\//.test(file);
}
