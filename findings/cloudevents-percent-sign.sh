#!/usr/bin/env bash
# CloudEvents in binary mode: the SDKs for JavaScript and Go write a percent sign as it is, so two ids look like one to a receiver.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"

npm init -y >/dev/null
npm install --silent --no-audit --no-fund cloudevents@10.0.0 >&2
cat >run.cjs <<'JS'
const { CloudEvent, HTTP } = require("cloudevents");
const { headers } = HTTP.binary(new CloudEvent({ id: "order%2F1", source: "/shop/eu%20west", type: "t" }));
console.log(`  cloudevents 10.0.0 (npm): ce-id: ${headers["ce-id"]}, ce-source: ${headers["ce-source"]}`);
JS
javascript=$(node run.cjs)

mkdir go && cd go
cat >go.mod <<'MOD'
module finding
go 1.22
require github.com/cloudevents/sdk-go/v2 v2.16.2
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/protocol/http"
)

func main() {
	event := cloudevents.NewEvent()
	event.SetID("order%2F1")
	event.SetSource("/shop/eu%20west")
	event.SetType("t")
	request, err := http.NewHTTPRequestFromEvent(context.Background(), "http://localhost/", event)
	if err != nil {
		panic(err)
	}
	fmt.Printf("  sdk-go v2.16.2 (Go): ce-id: %s, ce-source: %s\n", request.Header.Get("ce-id"), request.Header.Get("ce-source"))
}
GO
export GOFLAGS=-mod=mod GOMODCACHE="$folder/modules"
go mod tidy >&2 2>/dev/null
go=$(go run .)
cd ..

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cloudevents==2.0.0 >&2
cat >run.py <<'PY'
from cloudevents.core.bindings.http import to_binary_event
from cloudevents.core.v1.event import CloudEvent
attributes = {"id": "order%2F1", "source": "/shop/eu%20west", "type": "t", "specversion": "1.0"}
headers = to_binary_event(CloudEvent(attributes)).headers
print(f"  cloudevents 2.0.0 (PyPI): ce-id: {headers['ce-id']}, ce-source: {headers['ce-source']}")
PY
python=$(venv/bin/python run.py)

echo 'An event with the id "order%2F1" and the source "/shop/eu%20west", written in binary mode by three SDKs.'
echo "Expected: ce-id: order%252F1, ce-source: /shop/eu%2520west. The HTTP binding (1.0.2, 3.1.3.2) has a percent sign encoded."
printf 'Seen:\n%s\n%s\n%s\n' "$javascript" "$go" "$python"
raw='ce-id: order%2F1, ce-source: /shop/eu%20west'
if [[ $javascript == *"$raw" && $go == *"$raw" && $python == *"ce-id: order%252F1, ce-source: /shop/eu%2520west" ]]; then
  echo 'Why it matters: decoded as the binding says, the id is that of "order/1", and the source is no URI any more.'
else
  echo "This has changed: the SDKs write percent signs in another way now."
  exit 1
fi
