#!/usr/bin/env bash
# V8: Date.parse takes a fraction of ten or more digits that begins with 0 for another one, up to 0.9 s away.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 >&2
cat >run.mjs <<'JS'
console.log(`node ${process.version}, V8 ${process.versions.v8}`);
for (const fraction of ["025737637", "0257376371", "001000000000"]) {
  const text = `2026-03-01T12:30:45.${fraction}Z`;
  const got = new Date(Date.parse(text)).toISOString();
  console.log(`Date.parse("${text}")`);
  console.log(`  expected 2026-03-01T12:30:45.${fraction.slice(0, 3)}Z, got ${got}`);
}
process.exitCode = Date.parse("2026-03-01T12:30:45.0257376371Z") % 1000 === 257 ? 0 : 1;
JS
node_modules/.bin/node run.mjs && seen=1 || seen=0
echo "Why it matters: a time with more digits than nanoseconds is read without an error, and is wrong. Cut the fraction first, as"
echo "PulseMesh does in events/time.ts."
((seen)) || { echo "V8 has changed: remove the workaround."; exit 1; }
