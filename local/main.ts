// `make run`, the laptop platform. Start here: run.ts starts and stops it, plan.ts lists its processes, supervisor.ts
// keeps them running (process.ts) and restarts them on changes (watch.ts), store.ts starts their store.
const MIN_NODE = 24;

if (Number(process.versions.node.split(".")[0]) < MIN_NODE) {
  console.error(
    `Expected Node ${MIN_NODE} or newer, got ${process.version}: run it as \`make run\`, which brings its own`,
  );
  process.exit(1);
}
try {
  // Only after the check: the imports of run.ts need that Node.
  const { run } = await import("./run.ts");
  const { endAtOnce } = await import("../http/process-end.ts");
  endAtOnce();
  process.exit(await run(process.argv.slice(2), process.env));
} catch (error) {
  // A person reads what is wrong with a setting, a port or an argument: the message, without a stack.
  const { forTerminal } = await import("../settings/terminal-text.ts");
  console.error(forTerminal(error instanceof Error ? error.message : String(error), "\n"));
  process.exit(1);
}
