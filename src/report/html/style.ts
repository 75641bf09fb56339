/** The style sheet of the HTML report: light, dark and print; system fonts; nothing is fetched. */
import { light } from '../palette.ts';

const colours = Object.entries(light)
  .map(([name, colour]) => `--${name}: ${colour};`)
  .join(' ');

export const style = `
:root {
  color-scheme: light dark;
  ${colours}
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181b; --wash: #1e2125; --ink: #e4e3de; --muted: #979ea5; --line: #30343a;
    --top1: #77aedb; --top5: #6cc3b2; --rest: #454b53; --bad: #e5776b; --good: #86c080; --warn: #d8ac53;
    --bad-wash: #33201e;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.6 var(--sans); }
main { max-width: 1120px; margin: 0 auto; padding: 48px 28px 96px; }
h1 { font-size: 34px; line-height: 1.2; font-weight: 650; letter-spacing: -0.02em; margin: 4px 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 20px; font-weight: 650; letter-spacing: -0.01em; margin: 64px 0 14px; }
h3 { font-size: 14px; font-weight: 650; margin: 26px 0 8px; }
p { margin: 0 0 12px; max-width: 76ch; }
ul { margin: 0 0 12px; padding-left: 1.2em; max-width: 82ch; }
ol.reasons { margin: 0 0 12px; padding-left: 1.4em; color: var(--muted); font-size: 13px; }
li { margin: 4px 0; overflow-wrap: anywhere; }
code, pre { font: 0.88em/1.55 var(--mono); }
code { overflow-wrap: anywhere; }
pre { background: var(--wash); padding: 14px 16px; border-radius: 8px; overflow-x: auto; margin: 0 0 14px; }
bdi { overflow-wrap: anywhere; }
.kicker { color: var(--muted); font-size: 13px; letter-spacing: 0.02em; margin: 0; }
p.quiet { max-width: 110ch; }
.quiet { color: var(--muted); font-size: 13px; }
.nowrap { white-space: nowrap; }
.status { display: inline-block; font-size: 13px; font-weight: 650; line-height: 1; padding: 5px 10px 6px; border-radius: 99px; border: 1px solid currentColor; vertical-align: 2px; margin-right: 8px; }
.status.complete { color: var(--good); } .status.invalid { color: var(--bad); } .status.stopped-early { color: var(--warn); }
.status.pass { color: var(--good); } .status.regression { color: var(--bad); } .status.inconclusive { color: var(--warn); }
.lead { font-size: 17px; max-width: none; text-wrap: pretty; overflow-wrap: anywhere; }
.banner { background: var(--bad-wash); border-left: 4px solid var(--bad); border-radius: 0 8px 8px 0; padding: 18px 22px 10px; margin: 0 0 36px; }
.banner p { max-width: none; }
.banner strong { color: var(--bad); font-size: 18px; }
.mark { color: var(--bad); font-size: 11px; font-weight: 650; letter-spacing: 0.03em; display: block; }
.facts { display: flex; flex-wrap: wrap; gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; margin: 28px 0 0; }
.facts div { background: var(--paper); padding: 14px 18px 12px; flex: 1 1 auto; min-width: 140px; max-width: 100%; }
.facts dt { color: var(--muted); font-size: 12.5px; }
.facts dd { margin: 2px 0 0; font-size: 21px; font-weight: 600; letter-spacing: -0.01em; font-variant-numeric: tabular-nums; }
.facts dd small { display: block; font-size: 12.5px; font-weight: 400; letter-spacing: 0; color: var(--muted); overflow-wrap: anywhere; }
.coverage { margin: 0 0 18px; }
.coverage svg { display: block; width: 100%; height: 12px; border-radius: 6px; }
.coverage figcaption { margin: 7px 0 0; }
.scroll { overflow-x: auto; margin: 0 0 10px; }
.tall { max-height: 70vh; overflow: auto; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 7px 12px; vertical-align: baseline; border-bottom: 1px solid var(--line); }
th { font-size: 12.5px; font-weight: 550; color: var(--muted); line-height: 1.35; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.words td, .words th, th.text, td.text { text-align: left; }
td.text { overflow-wrap: anywhere; min-width: 9em; }
tbody tr:hover { background: var(--wash); }
td.model { min-width: min(17em, 40vw); overflow-wrap: anywhere; font-weight: 550; }
td[data-v] { white-space: nowrap; }
tr.groups th { text-align: center; border-bottom: 0; padding-bottom: 0; } tr.groups th:not(:empty) { border-bottom: 1px solid var(--line); }
td b { font-weight: 620; }
td small { display: block; color: var(--muted); font-size: 12px; line-height: 1.4; white-space: nowrap; }
.mistakes td { vertical-align: middle; }
.thumbnail { display: block; border-radius: 4px; object-fit: cover; }
td small.agrees { color: var(--good); } td small.differs { color: var(--bad); font-weight: 600; }
.figures th:not(:first-child), .figures td:not(:first-child) { padding-left: 8px; padding-right: 8px; }
.figures td.model { min-width: 11em; }
.many { font-size: 13px; } .many th:not(:first-child), .many td:not(:first-child) { padding-left: 4px; padding-right: 4px; } .many th { font-size: 11.5px; white-space: nowrap; }
.dense th, .dense td { padding: 3px 8px; font-size: 13px; }
.tall th, .tall td { padding-left: 10px !important; }
.classes th:first-child, .classes td:first-child { position: sticky; left: 0; background: var(--paper); min-width: 15em; }
.classes thead th:first-child { z-index: 2 !important; }
.tall thead th { position: sticky; top: 0; background: var(--paper); z-index: 1; box-shadow: 0 1px 0 var(--line); }
.upright { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; text-align: left; padding: 6px 4px; }
.low { background: color-mix(in srgb, var(--bad) 22%, transparent); }
.lower { background: color-mix(in srgb, var(--bad) 42%, transparent); }
th button { all: unset; cursor: pointer; font: inherit; color: inherit; }
th button:hover, th button:focus-visible { color: var(--ink); text-decoration: underline; text-underline-offset: 3px; }
th[aria-sort] { color: var(--ink); }
th[aria-sort="ascending"] button::after { content: " ↑"; }
th[aria-sort="descending"] button::after { content: " ↓"; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(460px, 100%), 1fr)); gap: 36px 32px; }
figure { margin: 0; min-width: 0; }
figure.wide { margin-top: 36px; }
figure > h3 { margin: 0 0 6px; }
figcaption { color: var(--muted); font-size: 13px; margin-top: 4px; }
.chart { overflow-x: auto; }
.chart svg { display: block; width: 100%; min-width: 420px; height: auto; font-family: var(--sans); font-size: 11.5px; font-variant-numeric: tabular-nums; }
.charts .chart svg { max-width: 600px; }
.wide .chart svg { min-width: 760px; }
.key { display: inline-flex; align-items: center; gap: 5px; margin-right: 14px; white-space: nowrap; }
.key svg { width: 14px; height: 10px; min-width: 0; flex: none; }
details { border-top: 1px solid var(--line); }
details:last-of-type { border-bottom: 1px solid var(--line); }
summary { cursor: pointer; padding: 11px 0; font-weight: 550; }
summary:hover { color: var(--top1); }
summary .quiet { font-weight: 400; margin-left: 8px; }
details > div { padding: 4px 0 24px; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr)); gap: 8px 40px; }
.pairs { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0 0 12px; font-size: 14px; }
.pairs dt { color: var(--muted); } .pairs dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
footer { margin-top: 72px; padding-top: 16px; border-top: 1px solid var(--line); color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
@media (max-width: 620px) {
  main { padding: 28px 18px 64px; } h1 { font-size: 27px; } h2 { margin-top: 48px; } .lead { font-size: 16px; }
  th, td { padding: 7px 8px; } .facts dd { font-size: 18px; } .facts div { flex-basis: 45%; }
  .pairs { grid-template-columns: 1fr; gap: 0; } .pairs dd { margin-bottom: 8px; }
}
@media print {
  :root {
    --paper: #fff; --wash: #f5f5f5; --ink: #000; --muted: #555; --line: #ccc;
    --top1: #24618f; --top5: #2c8577; --rest: #d3d3cb; --bad: #a02c21; --good: #2f6b2c; --bad-wash: #fbecea;
  }
  @page { margin: 16mm 14mm; }
  body { font-size: 10.5pt; } main { max-width: none; padding: 0; } h1 { font-size: 22pt; } h2 { margin-top: 26pt; font-size: 14pt; break-after: avoid; }
  table { font-size: 8.5pt; } th, td { padding: 3pt 4pt; } th { font-size: 7.5pt; } td small { font-size: 7pt; } td.model { min-width: 0; }
  .dense th, .dense td { font-size: 8pt; padding: 2pt 4pt; } .tall { max-height: none; overflow: visible; }
  figure, tr, .facts, .banner { break-inside: avoid; } .scroll, .chart { overflow: visible; }
  .charts { grid-template-columns: 1fr 1fr; gap: 18pt; } .chart svg, .wide .chart svg { min-width: 0; }
  .screen, .mistakes tbody tr:nth-child(n+21) { display: none; }
  a { color: inherit; }
}
`;
