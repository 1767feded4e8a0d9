// Preloaded into every process of the platform. The channel to the supervisor closes when that one is gone, be it by
// kill -9: the process then ends as it would on SIGTERM, instead of holding its port for ever.
const HARD_END_MS = 30_000;

process.channel?.unref();
process.once("disconnect", () => {
  setTimeout(() => process.exit(1), HARD_END_MS).unref();
  process.kill(process.pid, "SIGTERM");
});
