#!/usr/bin/env bash
# cloudevents 10.0.0 (npm): emitterFor(httpTransport(url)) resolves for a refusal as for an acceptance.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund cloudevents@10.0.0 >&2
cat >run.cjs <<'JS'
const { createServer } = require("node:http");
const { CloudEvent, emitterFor, httpTransport } = require("cloudevents");
const statuses = [202, 400, 429, 503];
const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.writeHead(Number(request.url.slice(1)), { "retry-after": "1" }).end());
});
server.listen(0, "127.0.0.1", async () => {
  const base = `http://127.0.0.1:${server.address().port}`;
  let resolvedWithoutStatus = 0;
  for (const status of statuses) {
    const emit = emitterFor(httpTransport(`${base}/${status}`));
    const event = new CloudEvent({ id: "1", source: "/shop", type: "dev.example.sold", data: { amount: 1 } });
    try {
      const result = await emit(event);
      const tellsStatus = Object.values(result).includes(status);
      if (!tellsStatus) resolvedWithoutStatus++;
      console.log(`  ${status}: resolved with members ${Object.keys(result).join(", ")}; body ${JSON.stringify(result.body)}`);
    } catch (error) {
      console.log(`  ${status}: rejected with ${error.message}`);
    }
  }
  server.closeAllConnections();
  server.close();
  process.exitCode = resolvedWithoutStatus === statuses.length ? 0 : 1;
});
JS
echo "cloudevents 10.0.0, emitterFor(httpTransport(url)) against a server that answers 202, 400, 429 and 503"
echo "Expected: a rejection, or a result that tells the status, for each answer that is no 2xx."
echo "Seen:"
if node run.cjs; then
  echo "Why it matters: an event that was refused counts as sent. Use HTTP.binary(event) with fetch, and look at the status."
else
  echo "This has changed: the transport tells a refusal now."
  exit 1
fi
