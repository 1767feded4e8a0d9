// What a bundle leaves out of faas-js-runtime.
import { basename } from "node:path";
import type { Plugin } from "esbuild";

/** The runtime assigns to `osu` without declaring it, which strict mode refuses: every bundle begins with this. */
export const RUNTIME_BANNER = "var osu;";

/** The runtime's modules that work while a function is idle, and what stands for each in a bundle. */
const IDLE_WORK: Readonly<Record<string, string>> = {
  // Looks at the event loop every 5 ms, for health checks that http/health.ts answers.
  "loopbench.js": "module.exports = () => ({ on() {} })",
  // Measures every 10 ms, for a /metrics that http/server.ts answers.
  "metrics.js": "module.exports = () => () => (request, reply) => reply.callNotFound()",
};

/**
 * Leaves out of the runtime what works while a function is idle, and 400 kB of tables of East Asian encodings that only
 * its own body parser reads. A build fails when a new version of the runtime has moved them.
 */
export const slimRuntime: Plugin = {
  name: "slim-runtime",
  setup({ onLoad, onEnd }) {
    let hasRuntime = false;
    const left = new Set(Object.keys(IDLE_WORK));
    onLoad({ filter: /\/faas-js-runtime\/index\.js$/ }, () => {
      hasRuntime = true;
      return undefined;
    });
    onLoad({ filter: /\/loopbench\/loopbench\.js$|\/faas-js-runtime\/lib\/metrics\.js$/ }, ({ path }) => {
      const name = basename(path);
      left.delete(name);
      return { contents: IDLE_WORK[name] as string };
    });
    onLoad({ filter: /iconv-lite\/encodings\/tables\/.*\.json$/ }, () => ({ contents: "{}", loader: "json" }));
    onEnd(() => {
      if (!hasRuntime || left.size === 0) return undefined;
      return { errors: [{ text: `Expected faas-js-runtime to bring ${[...left].join(", ")}, got none` }] };
    });
  },
};
