#!/usr/bin/env bash
# @datadog/sketches-js 2.1.1: a merge of two DDSketches loses its promise when the merged sketch ends just below 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @datadog/sketches-js@2.1.1 >&2
cat >run.cjs <<'JS'
const { DDSketch } = require("@datadog/sketches-js");
const sketchOf = (values) => {
  const sketch = new DDSketch({ relativeAccuracy: 0.01 });
  for (const value of values) sketch.accept(value);
  return sketch;
};
const between = (low, high, n) => Array.from({ length: n }, (_, i) => low + ((high - low) * i) / (n - 1));
const parts = [between(0.1, 0.5, 500), [...between(0.6, 1, 500), 0.05], [...between(0.2, 0.5, 100), 30]];
const merged = new DDSketch({ relativeAccuracy: 0.01 });
for (const part of parts) merged.merge(sketchOf(part));
const whole = sketchOf(parts.flat());
const sorted = parts.flat().sort((a, b) => a - b);
const quantiles = [0.5, 0.95, 0.99];
const row = (name, of) => console.log(name.padEnd(22), quantiles.map((q) => of(q).toFixed(3).padStart(8)).join(""));
console.log(" ".repeat(22), quantiles.map((q) => `p${q * 100}`.padStart(8)).join(""));
row("exact", (q) => sorted[Math.floor(q * (sorted.length - 1))]);
row("one sketch of all", (q) => whole.getValueAtQuantile(q));
row("three, merged", (q) => merged.getValueAtQuantile(q));
const isWrong = quantiles.some((q) => {
  const exact = sorted[Math.floor(q * (sorted.length - 1))];
  return Math.abs(merged.getValueAtQuantile(q) - exact) > 0.02 * exact;
});
const isWholeRight = quantiles.every((q) => {
  const exact = sorted[Math.floor(q * (sorted.length - 1))];
  return Math.abs(whole.getValueAtQuantile(q) - exact) <= 0.011 * exact;
});
process.exit(isWrong && isWholeRight ? 0 : 1);
JS
echo "@datadog/sketches-js 2.1.1, latencies in ms, relative accuracy 1 %"
echo "Expected: a DDSketch merges exactly, so three merged sketches answer like one sketch of all values."
echo "Seen:"
if node run.cjs; then
  echo "Why it matters: percentiles of a day made by merging its hours are silently wrong for services that answer within a millisecond."
else
  echo "This has changed: merged sketches are right now, or the single one is wrong too."
  exit 1
fi
