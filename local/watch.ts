import { type FSWatcher, statSync, watch } from "node:fs";

export interface Watch {
  close(): void;
}

const DEBOUNCE_MS = 150;

/** Calls back once for a burst of changes to sources under the paths, with the paths that changed. */
export function watchSources(paths: readonly string[], onChange: (changed: ReadonlySet<string>) => void): Watch {
  let changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const watchers: FSWatcher[] = [];
  for (const path of new Set(paths)) {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) continue;
    watchers.push(
      watch(path, { recursive: true }, (_event, file) => {
        if (file === null || !isSource(file)) return;
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
  return {
    close() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Tests change nothing of a running process; editors leave files with odd endings. */
function isSource(file: string): boolean {
  return /\.(ts|html|css|js|json|cql)$/.test(file) && !file.endsWith(".test.ts");
}
