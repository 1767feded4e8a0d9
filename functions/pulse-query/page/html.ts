/** The page at `GET /`: a frame that script.ts fills. */
export const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>PulseMesh</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M1 9h3l2-6 3 11 2-5h4' fill='none' stroke='%230a8f5b' stroke-width='2' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E">
<link rel="stylesheet" href="page.css">
<script src="page.js" defer></script>
</head>
<body>
<header>
  <h1><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M1 9h3l2-6 3 11 2-5h4"/></svg>PulseMesh</h1>
  <ul id="counts" aria-label="Services by health"></ul>
  <label class="search"><span class="unseen">Find a service</span><input id="search" type="search" placeholder="Find a service" autocomplete="off"></label>
  <p id="connection" role="status" data-state="waiting">connecting</p>
</header>
<main>
  <ul id="wall" aria-label="Services" hidden></ul>
  <p id="nothing" hidden>No service matches.</p>
  <section id="empty" hidden>
    <h2>No service has pulsed yet</h2>
    <p>Send the first pulse; it appears here by itself.</p>
    <pre tabindex="0"><code id="command"></code></pre>
  </section>
  <noscript><p>This page needs JavaScript. The same as JSON: <a href="services">services</a>.</p></noscript>
</main>
<dialog id="detail" aria-labelledby="detail-name">
  <div class="bar">
    <h2 id="detail-name"></h2>
    <button id="close" aria-label="Close">✕</button>
  </div>
  <div class="spans" role="group" aria-label="Span of time">
    <button data-span="3600000" aria-pressed="true">Hour</button>
    <button data-span="86400000" aria-pressed="false">Day</button>
    <button data-span="604800000" aria-pressed="false">Week</button>
  </div>
  <p id="detail-state" role="status"></p>
  <dl id="figures"></dl>
  <figure id="strip"><div id="bars" role="img"></div><figcaption><span id="strip-from"></span><span>p95 latency</span><span id="strip-to"></span></figcaption></figure>
  <div class="scroll" tabindex="0" role="region" aria-label="Newest pulses">
    <table>
      <thead><tr><th scope="col">Time</th><th scope="col">Health</th><th scope="col">Status</th><th scope="col" class="number">Latency</th><th scope="col">Metadata</th></tr></thead>
      <tbody id="pulses"></tbody>
    </table>
  </div>
</dialog>
</body>
</html>
`;
