/** night.html and the page of a history: the line, the gates, and each model from night to night. */
import { comparableNights, fallOf, type HistoryEntry } from '../../scoring/history-entry.ts';
import type { Night } from '../../scoring/night-record.ts';
import { fallWords } from '../history-words.ts';
import { type Markup, markup } from '../markup.ts';
import { nightLatencyTable } from '../night-latency.ts';
import { type NightHistory, nightGateTable } from '../night-words.ts';
import { counted, instant } from '../numbers.ts';
import { trendChart } from '../trend-chart.ts';
import { htmlPage, reportPolicy } from './shell.ts';
import { bulletList, cell, tableOf, textCell } from './table.ts';

/** Nights in one chart; what is older is in the store. */
const nightsShown = 120;

export function nightHtml(
  night: Night,
  { history, isCompared }: { history: NightHistory; isCompared: boolean },
): string {
  const { name, verdict, line, notes, runId, at } = night;
  const links = isCompared
    ? markup`<p><a href="compare/compare.html">Comparison, image by image</a> · <a href="report.html">Report of the run</a></p>`
    : markup`<p><a href="report.html">Report of the run</a></p>`;
  const body = markup`<header>
<p class="kicker">topfive · nightly · <time>${instant(at)}</time></p>
<h1><bdi>${name}</bdi></h1>
<p class="lead"><span class="status ${verdict}">${verdict}</span>${line}</p>
${links}
</header>
${notes.length > 0 ? markup`<section><h2>Notes</h2>${bulletList(notes)}</section>` : null}
${gates('Gates', nightGateTable(night))}
${gates('Latency', nightLatencyTable(night))}
${history.map(({ label, entries }) => trend(label, entries))}
<footer>Run ${runId} · baseline ${night.baseline ?? 'none'}</footer>`;
  return htmlPage({ title: `${verdict}: ${name} · topfive`, body, policy: reportPolicy });
}

/** The page of one model's history. */
export function historyHtml(label: string, entries: readonly HistoryEntry[]): string {
  const body = markup`<header>
<p class="kicker">topfive · history</p>
<h1><bdi>${label}</bdi></h1>
</header>
${trend(label, entries)}`;
  return htmlPage({ title: `${label} · topfive`, body, policy: reportPolicy });
}

function gates(title: string, { head, rows }: { head: string[]; rows: string[][] }): Markup | null {
  if (rows.length === 0) return null;
  const cells = rows.map(([model, ...rest]) => [textCell(model), ...rest.map(cell)]);
  return markup`<section><h2>${title}</h2><div class="scroll">${tableOf({ header: head, rows: cells })}</div></section>`;
}

function trend(label: string, entries: readonly HistoryEntry[]): Markup {
  const nights = comparableNights(entries).slice(-nightsShown);
  const others = entries.length - nights.length;
  const fall = fallOf(nights);
  const left =
    others > 0
      ? markup`<p class="quiet">${counted(others, 'night')} of other images, without a whole run or too long ago are left out.</p>`
      : null;
  if (nights.length === 0) return markup`<section><h2><bdi>${label}</bdi></h2>${left}</section>`;
  return markup`<section><h2><bdi>${label}</bdi></h2>
<figure class="wide"><div class="chart">${trendChart(nights, fall?.first ?? null)}</div>
<figcaption>Top-1 of each night; dashed: its baseline.</figcaption></figure>
${fall ? markup`<p>${fallWords(fall)}</p>` : null}${left}</section>`;
}
