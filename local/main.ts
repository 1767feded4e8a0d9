// `make run`: the laptop platform. Start here; run.ts has the rest, plan.ts says what is run.
const MIN_NODE = 24;

if (Number(process.versions.node.split(".")[0]) < MIN_NODE) {
  console.error(
    `Expected Node ${MIN_NODE} or newer, got ${process.version}: run it as \`make run\`, which brings its own`,
  );
  process.exit(1);
}
try {
  // Not before the check: what it imports needs that Node.
  const { run } = await import("./run.ts");
  process.exit(await run(process.argv.slice(2), process.env));
} catch (error) {
  // Wrong settings, ports or arguments are for a person to read: the message, without a stack.
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
