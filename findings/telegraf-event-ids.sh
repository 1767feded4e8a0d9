#!/usr/bin/env bash
# telegraf 1.37.2 (Go module): outputs.http with data_format = "cloudevents" gives a metric another event id at each try.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${telegraf:-}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"
tags=custom,inputs.exec,outputs.http,parsers.influx,serializers.cloudevents
GOBIN=$folder go install -tags "$tags" github.com/influxdata/telegraf/cmd/telegraf@v1.37.2 2>install.log || { cat install.log >&2; exit 1; }
cat >once.sh <<'SH'
test -e done || { touch done; echo "requests,service=shop latency=12.5 1767225600000000000"; }
SH
cat >server.cjs <<'JS'
const { createServer } = require("node:http");
const { writeFileSync } = require("node:fs");
const events = [];
const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const event = JSON.parse(body);
  events.push(event);
  const status = events.length === 1 ? 503 : 202;
  console.log(`  try ${events.length}, answered ${status}: id ${event.id}, source ${event.source}, time ${event.time}, data ${JSON.stringify(event.data)}`);
  response.writeHead(status).end();
  if (events.length < 2) return;
  const [first, second] = events.map(({ id, ...rest }) => ({ id, rest: JSON.stringify(rest) }));
  process.exit(first.rest === second.rest && first.id !== second.id ? 0 : 1);
});
server.listen(0, "127.0.0.1", () => writeFileSync("port", String(server.address().port)));
JS
echo 'telegraf 1.37.2, outputs.http with data_format = "cloudevents", against a server that answers 503 once and then 202; one metric'
echo "Expected: the second try carries the same event, with the same id and source, by which a receiver knows that it has it already."
echo "Seen:"
node server.cjs &
server=$!
until [ -s port ]; do sleep 0.1; done
cat >telegraf.toml <<TOML
[agent]
  interval = "1s"
  flush_interval = "1s"
[[inputs.exec]]
  commands = ["sh $folder/once.sh"]
  data_format = "influx"
[[outputs.http]]
  url = "http://127.0.0.1:$(cat port)/"
  headers = { content-type = "application/cloudevents+json" }
  data_format = "cloudevents"
  use_batch_format = false
TOML
./telegraf --config telegraf.toml >telegraf.log 2>&1 &
telegraf=$!
if wait "$server"; then
  echo "Why it matters: a try whose answer was lost is an event more for the receiver. Make the id from the metric's tags and time, as a step behind Telegraf."
else
  echo "This has changed: the id stays, or the event differs otherwise."
  exit 1
fi
