#!/usr/bin/env bash
# Server-sent events: a block that holds only `retry:` is no event by the standard, and two widely used clients hand one out.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"

cat >server.py <<'PY'
import http.server, sys
STREAM = b'retry: 3000\n\nid: 1\ndata: {"n": 1}\n\n'
class Stream(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(STREAM)
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Stream)
print(server.server_port, flush=True)
server.serve_forever()
PY
mkfifo port
python3 server.py >port &
server=$!
read -r port <port

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check httpx==0.28.1 httpx-sse==0.4.3 >&2
cat >client.py <<'PY'
import sys, httpx
from httpx_sse import connect_sse
with httpx.Client() as client, connect_sse(client, "GET", sys.argv[1]) as source:
    for event in source.iter_sse():
        print(f"  httpx-sse 0.4.3: event={event.event!r} data={event.data!r}")
PY
httpx=$(venv/bin/python client.py "http://127.0.0.1:$port/")

mkdir go && cd go
cat >go.mod <<'MOD'
module finding
go 1.22
require github.com/r3labs/sse/v2 v2.10.0
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/r3labs/sse/v2"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	seen := 0
	client := sse.NewClient(os.Args[1])
	_ = client.SubscribeRawWithContext(ctx, func(event *sse.Event) {
		fmt.Printf("  r3labs/sse 2.10.0: event=%q data=%q\n", event.Event, event.Data)
		if seen++; seen == 2 {
			cancel()
		}
	})
}
GO
export GOFLAGS=-mod=mod GOMODCACHE="$folder/modules"
go mod tidy >&2 2>/dev/null
r3labs=$(go run . "http://127.0.0.1:$port/")

echo 'httpx-sse 0.4.3 (PyPI) and github.com/r3labs/sse v2.10.0 (Go), given "retry: 3000", a blank line, and one event.'
echo "Expected: one event. The HTML standard (9.2.6) drops a block whose data buffer is empty."
printf 'Seen:\n%s\n%s\n' "$httpx" "$r3labs"
if [ "$(grep -c data= <<<"$httpx")" = 2 ] && [ "$(grep -c data= <<<"$r3labs")" = 2 ]; then
  echo "Why it matters: a client that parses each event as JSON fails on the first one. A server puts retry: into its first real event."
else
  echo "This has changed: a client leaves the empty block out now."
  exit 1
fi
