/**
 * The page's script: plain JavaScript of the browser. It stands in a template string, so it holds no backtick and no
 * dollar sign before a brace. Whatever comes from a pulse reaches the page through textContent alone.
 */
export const SCRIPT = String.raw`"use strict";
const SEVERITY = { down: 0, late: 1, degraded: 2, unknown: 3, up: 4 };
const SILENT_AFTER_MS = 5 * 60_000;
const COMMAND =
  "curl -H 'content-type: application/json' \\\n  -d '{\"service_name\":\"checkout\",\"latency_ms\":12.5,\"status\":\"ok\"}' \\\n  http://localhost:8080/pulse";

const byId = (id) => document.getElementById(id);
const services = new Map();
const tiles = new Map();
let isReady = false;
let isDrawing = false;
let opened;
let spanMs = 3_600_000;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function milliseconds(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 10_000) return (value / 1000).toFixed(1) + " s";
  return (value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : Number(value.toPrecision(2))) + " ms";
}

function age(time) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000));
  if (seconds < 60) return seconds + " s ago";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min ago";
  if (seconds < 86_400) return Math.floor(seconds / 3600) + " h ago";
  return Math.floor(seconds / 86_400) + " d ago";
}

// The wall

function makeTile(name) {
  const item = element("li");
  const button = element("button", "tile");
  const parts = {
    name: element("span", "name", name),
    health: element("span", "health"),
    latency: element("span", "latency"),
    status: element("span", "status"),
    seen: element("span", "seen"),
  };
  button.append(parts.name, parts.health, parts.latency, parts.status, parts.seen);
  button.addEventListener("click", () => openDetail(name));
  item.append(button);
  return { item, button, ...parts };
}

function drawAges() {
  for (const [name, tile] of tiles) {
    const time = services.get(name)?.last_seen;
    if (time === undefined) continue;
    const text = age(time);
    if (tile.seen.textContent !== text) tile.seen.textContent = text;
    tile.button.classList.toggle("silent", Date.now() - Date.parse(time) > SILENT_AFTER_MS);
  }
}

function draw() {
  isDrawing = false;
  if (!isReady) return;
  const sought = byId("search").value.trim().toLowerCase();
  const counts = { down: 0, late: 0, degraded: 0, unknown: 0, up: 0 };
  for (const [name, tile] of tiles) {
    if (services.has(name)) continue;
    tile.item.remove();
    tiles.delete(name);
  }
  const sorted = [...services.values()].sort(
    (a, b) => SEVERITY[a.health] - SEVERITY[b.health] || (a.service_name < b.service_name ? -1 : 1),
  );
  const wall = byId("wall");
  let next = wall.firstElementChild;
  let shown = 0;
  for (const service of sorted) {
    const name = service.service_name;
    counts[service.health]++;
    let tile = tiles.get(name);
    if (tile === undefined) tiles.set(name, (tile = makeTile(name)));
    tile.button.dataset.health = service.health;
    tile.health.className = "health " + service.health;
    tile.health.textContent = service.health;
    tile.latency.textContent = milliseconds(service.latency_ms);
    tile.status.textContent = service.status;
    tile.item.hidden = !name.toLowerCase().includes(sought);
    if (!tile.item.hidden) shown++;
    // Only what has moved is put elsewhere: moving a focused button would take the focus away.
    if (tile.item === next) next = next.nextElementSibling;
    else wall.insertBefore(tile.item, next);
  }
  drawAges();
  byId("counts").replaceChildren(
    ...Object.keys(counts)
      .filter((health) => counts[health] > 0)
      .map((health) => {
        const item = element("li");
        item.append(element("span", "health " + health, counts[health] + " " + health));
        return item;
      }),
  );
  wall.hidden = services.size === 0;
  byId("nothing").hidden = services.size === 0 || shown > 0;
  byId("empty").hidden = services.size > 0;
}

function drawSoon() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(draw);
}

function connection(state, text) {
  const shown = byId("connection");
  if (shown.dataset.state === state) return;
  shown.dataset.state = state;
  shown.textContent = text;
}

function listen() {
  const source = new EventSource("live");
  const seen = new Set();
  let isSnapshot = true;
  source.addEventListener("open", () => {
    seen.clear();
    isSnapshot = true;
  });
  source.addEventListener("pulse", (event) => {
    const service = JSON.parse(event.data);
    if (isSnapshot) seen.add(service.service_name);
    services.set(service.service_name, service);
    drawSoon();
    if (!isSnapshot && service.service_name === opened) refreshSoon();
  });
  source.addEventListener("gone", (event) => {
    services.delete(JSON.parse(event.data).service_name);
    drawSoon();
  });
  source.addEventListener("ready", () => {
    for (const name of services.keys()) if (!seen.has(name)) services.delete(name);
    isSnapshot = false;
    isReady = true;
    connection("live", "live");
    drawSoon();
  });
  source.addEventListener("error", () => {
    connection("lost", "reconnecting");
    // A browser gives up after an answer that is no stream, such as a proxy's 502 during a restart.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
}

// One service

let refreshing = 0;
let refreshTimer;

function openDetail(name) {
  opened = name;
  byId("detail-name").textContent = name;
  byId("figures").replaceChildren();
  byId("bars").replaceChildren();
  byId("pulses").replaceChildren();
  byId("detail-state").textContent = "Loading";
  byId("detail").showModal();
  refresh();
}

function refreshSoon() {
  if (refreshTimer === undefined) refreshTimer = setTimeout(refresh, 2000);
}

async function read(path) {
  const response = await fetch(path);
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail);
  return body;
}

async function refresh() {
  clearTimeout(refreshTimer);
  refreshTimer = undefined;
  if (opened === undefined) return;
  const turn = ++refreshing;
  const path = "services/" + encodeURIComponent(opened);
  const to = Date.now() + 1000;
  const span = "?from=" + (to - spanMs) + "&to=" + to;
  try {
    const [summary, page] = await Promise.all([read(path + "/summary" + span), read(path + "/pulses?limit=50")]);
    if (turn !== refreshing || opened === undefined) return;
    byId("detail-state").textContent = "";
    drawSummary(summary);
    byId("pulses").replaceChildren(...page.pulses.map(drawPulse));
  } catch (error) {
    if (turn === refreshing) byId("detail-state").textContent = "Not read: " + error.message;
  }
}

function drawSummary(summary) {
  const latency = summary.latency_ms ?? {};
  const upShare = summary.count === 0 ? "–" : ((100 * summary.health.up) / summary.count).toFixed(1) + " %";
  const figures = [
    ["pulses", summary.count.toLocaleString("en")],
    ["up", upShare],
    ["p50", milliseconds(latency.p50)],
    ["p95", milliseconds(latency.p95)],
    ["p99", milliseconds(latency.p99)],
    ["longest", milliseconds(latency.max)],
  ];
  byId("figures").replaceChildren(
    ...figures.map(([name, value]) => {
      const figure = element("div");
      figure.append(element("dt", "", name), element("dd", "", value));
      return figure;
    }),
  );
  const highest = Math.max(...summary.buckets.map((bucket) => bucket.p95 ?? 0));
  byId("bars").replaceChildren(
    ...summary.buckets.map((bucket) => {
      const bar = element("i");
      if (bucket.count === 0) return bar;
      bar.dataset.health = Object.keys(SEVERITY).find((health) => bucket.health[health] > 0);
      bar.style.height = Math.max(4, (100 * bucket.p95) / (highest || 1)) + "%";
      bar.title = new Date(bucket.from).toLocaleString() + ": " + bucket.count + " pulses, p95 " + milliseconds(bucket.p95);
      return bar;
    }),
  );
  byId("bars").setAttribute("aria-label", "p95 latency over time, at most " + milliseconds(highest));
  byId("strip-from").textContent = new Date(summary.from).toLocaleString();
  byId("strip-to").textContent = new Date(summary.to).toLocaleString();
}

function drawPulse(pulse) {
  const row = element("tr");
  const health = element("td");
  health.append(element("span", "health " + pulse.health, pulse.health));
  const metadata = Object.entries(pulse.metadata ?? {}).map(([key, value]) => key + "=" + value);
  row.append(
    element("td", "", new Date(pulse.event_time).toLocaleString()),
    health,
    element("td", "", pulse.status),
    element("td", "number", milliseconds(pulse.latency_ms)),
    element("td", "", metadata.join(", ")),
  );
  return row;
}

byId("command").textContent = COMMAND;
byId("search").addEventListener("input", drawSoon);
byId("close").addEventListener("click", () => byId("detail").close());
byId("detail").addEventListener("close", () => {
  opened = undefined;
});
for (const button of document.querySelectorAll("[data-span]")) {
  button.addEventListener("click", () => {
    spanMs = Number(button.dataset.span);
    for (const other of document.querySelectorAll("[data-span]")) other.setAttribute("aria-pressed", String(other === button));
    refresh();
  });
}
setInterval(drawAges, 1000);
listen();
`;
