#!/usr/bin/env bash
# prom-client 15.1.3 (npm): each scrape empties the event loop's lag, so of two Prometheus servers one sees a stall.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund prom-client@15.1.3 >&2
cat >run.cjs <<'JS'
const { setTimeout: delay } = require("node:timers/promises");
const { collectDefaultMetrics, Registry } = require("prom-client");
const registry = new Registry();
collectDefaultMetrics({ register: registry });
async function scrape() {
  const text = await registry.metrics();
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)[1]);
}
(async () => {
  await delay(200);
  const until = performance.now() + 500;
  while (performance.now() < until);
  await delay(100);
  const first = await scrape();
  await delay(100);
  const second = await scrape();
  console.log(`  nodejs_eventloop_lag_max_seconds: first scrape ${first.toFixed(3)}, second scrape ${second.toFixed(3)}`);
  process.exitCode = first > 0.4 && second < 0.25 ? 0 : 1;
})();
JS
echo "prom-client 15.1.3, collectDefaultMetrics: the event loop stalls for 0.5 s, and then two servers scrape the process."
echo "Expected: both see the stall. What a scrape reads should not depend on who has scraped before."
echo "Seen:"
if node run.cjs; then
  echo "Why it matters: with two replicas of Prometheus each stall is on one of them only, and a curl of /metrics hides it from both."
  echo "A histogram that is only added to has it on all."
else
  echo "This has changed: a scrape does not empty the event loop's lag any more."
  exit 1
fi
