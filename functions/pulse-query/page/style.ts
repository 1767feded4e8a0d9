/** The page's style sheet. Health is told by colour, by shape and by word: never by colour alone. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ground: light-dark(#f5f6f8, #12151a);
  --surface: light-dark(#ffffff, #1b2027);
  --line: light-dark(#d9dde4, #2f3742);
  --text: light-dark(#1a2029, #e8ebf0);
  --quiet: light-dark(#566070, #9aa5b4);
  --up: light-dark(#0a7a4e, #3ecf8e);
  --degraded: light-dark(#8a5a00, #f0b43c);
  --down: light-dark(#b3261e, #ff7b72);
  --unknown: light-dark(#566070, #9aa5b4);
  font: 16px/1.5 system-ui, sans-serif;
}
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
body { background: var(--ground); color: var(--text); min-height: 100vh; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
:focus-visible { outline: 2px solid var(--up); outline-offset: 2px; }
button, input { font: inherit; color: inherit; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1.5rem; padding: .9rem 1.5rem; background: var(--surface); border-bottom: 1px solid var(--line); position: sticky; top: 0; }
h1 { font-size: 1.15rem; display: flex; align-items: center; gap: .5rem; }
h1 svg { width: 1.4rem; fill: none; stroke: var(--up); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
#counts { display: flex; flex-wrap: wrap; gap: 1rem; list-style: none; padding: 0; flex: 1; font-variant-numeric: tabular-nums; }
input { background: var(--ground); border: 1px solid var(--line); border-radius: .5rem; padding: .35rem .75rem; width: 14rem; max-width: 100%; }
#connection { color: var(--quiet); font-size: .875rem; min-width: 6.5rem; }
#connection::before { content: "●"; margin-right: .4em; color: var(--degraded); }
#connection[data-state="live"]::before { color: var(--up); }
#connection[data-state="lost"]::before { color: var(--down); }
.health { display: inline-flex; align-items: center; gap: .4em; font-weight: 600; white-space: nowrap; }
.health::before { display: inline-block; width: 1em; text-align: center; }
.up { color: var(--up); } .up::before { content: "●"; }
.degraded { color: var(--degraded); } .degraded::before { content: "▲"; }
.down { color: var(--down); } .down::before { content: "■"; }
.unknown { color: var(--unknown); } .unknown::before { content: "○"; }
main { padding: 1.5rem; }
#wall { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: .75rem; list-style: none; padding: 0; }
.tile { display: grid; grid-template-columns: 1fr auto; gap: .1rem .75rem; width: 100%; height: 100%; text-align: left; padding: .75rem 1rem; background: var(--surface); border: 1px solid var(--line); border-left: .3rem solid var(--unknown); border-radius: .6rem; cursor: pointer; }
.tile:hover { border-color: var(--quiet); }
.tile[data-health="up"] { border-left-color: var(--up); }
.tile[data-health="degraded"] { border-left-color: var(--degraded); }
.tile[data-health="down"] { border-left-color: var(--down); }
.tile.silent { border-style: dashed; }
.name { grid-column: 1 / -1; font-weight: 600; overflow-wrap: anywhere; }
.latency { text-align: right; font-variant-numeric: tabular-nums; }
.status, .seen { color: var(--quiet); font-size: .875rem; overflow-wrap: anywhere; }
.seen { text-align: right; white-space: nowrap; }
#empty { max-width: 46rem; margin: 12vh auto 0; text-align: center; }
#empty p, #nothing { color: var(--quiet); margin: .5rem 0 1.25rem; }
pre { text-align: left; background: var(--surface); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; overflow-x: auto; font: .875rem/1.6 ui-monospace, monospace; }
dialog { margin: auto; width: min(58rem, calc(100vw - 2rem)); max-height: calc(100vh - 2rem); padding: 1.25rem 1.5rem; background: var(--surface); color: var(--text); border: 1px solid var(--line); border-radius: .8rem; }
dialog[open] { display: flex; flex-direction: column; gap: 1rem; }
dialog::backdrop { background: rgb(0 0 0 / .5); }
.bar { display: flex; justify-content: space-between; gap: 1rem; }
.bar h2 { font-size: 1.2rem; overflow-wrap: anywhere; }
.bar button { border: 0; background: none; padding: .25rem .6rem; cursor: pointer; }
.spans { display: flex; gap: .4rem; }
.spans button { background: none; border: 1px solid var(--line); border-radius: 1rem; padding: .15rem .9rem; cursor: pointer; }
.spans button[aria-pressed="true"] { border-color: var(--up); color: var(--up); font-weight: 600; }
#detail-state:empty { display: none; }
#figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr)); gap: .75rem; }
#figures div { display: flex; flex-direction: column-reverse; }
dt { color: var(--quiet); font-size: .8125rem; }
dd { font-size: 1.15rem; font-weight: 600; font-variant-numeric: tabular-nums; }
#bars { display: flex; align-items: flex-end; gap: 1px; height: 4.5rem; border-bottom: 1px solid var(--line); }
#bars i { flex: 1; min-height: 2px; background: var(--line); }
#bars i[data-health="up"] { background: var(--up); }
#bars i[data-health="degraded"] { background: var(--degraded); }
#bars i[data-health="down"] { background: var(--down); }
#bars i[data-health="unknown"] { background: var(--unknown); }
figcaption { display: flex; justify-content: space-between; color: var(--quiet); font-size: .8125rem; }
.scroll { overflow: auto; min-height: 8rem; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
th { position: sticky; top: 0; background: var(--surface); text-align: left; color: var(--quiet); font-weight: 500; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
`;
