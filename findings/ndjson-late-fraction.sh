#!/usr/bin/env bash
# NDJSON whose latencies begin as whole numbers and whose metadata comes late: what DuckDB and polars read.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1 polars==2.1.0 >&2
cat >run.py <<'PY'
import duckdb, json, polars, sys

with open("pulses.ndjson", "w") as file:
    for n in range(30_000):
        is_late = n >= 29_000
        pulse = {"id": str(n), "latency_ms": 12.5 if is_late else 12}
        if is_late:
            pulse["metadata"] = {"region": "eu"}
        file.write(json.dumps(pulse) + "\n")

def duck():
    columns = [name for name, *_ in duckdb.sql("DESCRIBE SELECT * FROM read_json('pulses.ndjson')").fetchall()]
    (largest,) = duckdb.sql("SELECT max(latency_ms) FROM read_json('pulses.ndjson')").fetchall()[0]
    return columns, largest

def pola():
    frame = polars.read_ndjson("pulses.ndjson")
    return frame.columns, frame["latency_ms"].max()

def read(name, how):
    try:
        columns, largest = how()
        print(f"  {name}: columns {', '.join(columns)}; max(latency_ms) = {largest}")
        return columns, largest
    except Exception as error:
        print(f"  {name}: {type(error).__name__}: {str(error).splitlines()[0][:120]}")
        return type(error).__name__, None

seen = [read("duckdb 2.0.1 read_json", duck), read("polars 2.1.0 read_ndjson", pola)]
sys.exit(0 if seen == [(["id", "latency_ms"], 12), ("ComputeError", None)] else 1)
PY
echo "DuckDB 2.0.1 and polars 2.1.0 read 29,000 lines with latency_ms 12, then 1,000 with 12.5 and metadata."
echo "Expected: max(latency_ms) = 12.5 and a column metadata, or an error that names the first line that does not fit."
echo "Seen:"
if venv/bin/python run.py; then
  echo "Why it matters: DuckDB takes the types from the first lines, cuts 12.5 to 12 and drops metadata without a word."
  echo "An export must write 12 as 12.0 and every field in every line, or its readers must name the types."
else
  echo "This has changed: see the lines above."
  exit 1
fi
