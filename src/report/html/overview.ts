/** The upper half of the HTML report: status, facts, coverage, accuracy, charts. */
import type { RunRecord } from '../../scoring/run-record.ts';
import { accuracyChart, classChart, outcomeChart, outcomeNames } from '../charts.ts';
import {
  imagesOf,
  type Ledger,
  ledgerSentence,
  ledgers,
  modelLabels,
  modelList,
  statusOf,
} from '../findings.ts';
import { type Markup, markup, type Part } from '../markup.ts';
import { counted, duration, grouped, instant, percent } from '../numbers.ts';
import { drawScatter } from '../scatter.ts';
import { seriesPlots } from '../series-plots.ts';
import { clip, visible } from '../visible.ts';
import { bulletList } from './table.ts';

const reasonsShown = 20;
const longestReason = 400;

/** What an invalid run says before anything else. */
export function banner(record: RunRecord): Markup | null {
  if (record.status !== 'invalid') return null;
  const shown = record.reasons
    .slice(0, reasonsShown)
    .map((reason) => clip(visible(reason), longestReason));
  const more = record.reasons.length - shown.length;
  const items = more > 0 ? [...shown, `and ${grouped(more)} more, in report.json`] : shown;
  return markup`<section class="banner" role="alert"><p><strong>invalid</strong> ${statusOf(record).meaning}</p>${bulletList(items)}</section>`;
}

export function header(record: RunRecord): Markup {
  const { dataset, models } = record;
  const { word, meaning } = statusOf(record);
  const precisions = [...new Set(models.map(({ precision }) => precision))].join(' and ');
  return markup`<header>
<p class="kicker">topfive · accuracy report · <time>${instant(record.finishedAt)}</time></p>
<h1><bdi>${record.name}</bdi></h1>
<p class="lead"><span class="status ${record.status}">${word}</span>${counted(models.length, 'model')} in ${precisions} on ${imagesOf(record)} of <bdi>${dataset.uri}</bdi>. ${record.status === 'invalid' ? null : meaning}</p>
${facts(record)}
</header>`;
}

function facts(record: RunRecord): Markup {
  const { models, dataset, timings } = record;
  const { mark } = statusOf(record);
  const failed = models.reduce((sum, { accuracy }) => sum + accuracy.failed, 0);
  const entries = [
    ...best(record, mark),
    {
      name: 'Images',
      value: grouped(dataset.images),
      note: dataset.subset
        ? `${percent(dataset.images / dataset.subset.of.images)} of the dataset`
        : `dataset ${dataset.digest.slice(0, 12)}`,
    },
    {
      name: 'Failed',
      value: grouped(failed),
      note: models.length > 1 ? 'images × models' : 'images',
    },
    { name: 'Wall time', value: duration(timings.wallSeconds), note: 'from submission to report' },
    {
      name: 'Throughput',
      value: `${timings.imagesPerSecond.toFixed(1)} /s`,
      note: 'images × models',
    },
  ];
  return markup`<dl class="facts">${entries.map(
    ({ name, value, note }) =>
      markup`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`,
  )}</dl>`;
}

function best({ models }: RunRecord, mark: string | null) {
  const labels = modelLabels({ models });
  const order = models.map((_, index) => index);
  const [first] = order.sort(
    (a, b) => models[b].accuracy.top1.fraction - models[a].accuracy.top1.fraction,
  );
  if (first === undefined) return [];
  const value = percent(models[first].accuracy.top1.fraction);
  const name = models.length > 1 ? 'Highest top-1' : 'Top-1';
  return [{ name: mark ? `${name} (${mark})` : name, value, note: labels[first] }];
}

const segments = [
  ['scored', 'var(--good)'],
  ['undecodable', 'var(--warn)'],
  ['missing', 'var(--bad)'],
  ['modelError', 'var(--bad)'],
] as const;

export function coverage(record: RunRecord): Markup {
  return markup`<section><h2>Coverage</h2>
${ledgers(record).map((ledger) => coverageBar(ledger, record.models.length))}</section>`;
}

function coverageBar({ models, tally }: Ledger, all: number): Markup {
  const sentence = ledgerSentence(tally);
  return markup`<figure class="coverage"><svg viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label="${sentence}">${bars(tally)}</svg>
<figcaption><b>${modelList(models, all)}</b>: ${sentence}</figcaption></figure>`;
}

/** In thousandths of the bar; a state that occurs is never too thin to be seen. */
function bars(tally: Ledger['tally']): Markup[] {
  const thinnest = 4;
  const occurring = segments.filter(([state]) => tally[state] > 0);
  const widths = occurring.map(([state]) =>
    Math.max(thinnest, (1000 * tally[state]) / tally.expected),
  );
  const total = widths.reduce((sum, width) => sum + width, 0);
  let x = 0;
  return occurring.map(([, colour], index) => {
    const width = (1000 * widths[index]) / total;
    const rect = markup`<rect x="${x.toFixed(2)}" width="${width.toFixed(2)}" height="12" fill="${colour}"/>`;
    x += width;
    return rect;
  });
}

export function charts(record: RunRecord): Markup {
  const { mark } = statusOf(record);
  const published = record.models.some((model) => model.published);
  const title = (text: string) => (mark ? `${text} (${mark})` : text);
  const key = (metric: 'top1' | 'top5') => [
    swatch(markup`<circle cx="7" cy="5" r="4" fill="var(--${metric})"/>`, 'measured'),
    swatch(
      markup`<rect y="2" width="14" height="6" rx="3" fill="var(--${metric})" fill-opacity=".3"/>`,
      '95% interval, for unseen images',
    ),
    published
      ? swatch(markup`<rect x="6" width="1.5" height="10" fill="var(--ink)"/>`, 'published')
      : null,
  ];
  return markup`<section><h2>${title('Charts')}</h2>
<div class="charts">
${figure(title('Top-1'), accuracyChart(record, 'top1'), key('top1'))}
${figure(title('Top-5'), accuracyChart(record, 'top5'), key('top5'))}
${figure(title('Rank of the label'), outcomeChart(record), outcomeKey)}
${figure(title('Classes by their top-1'), classChart(record), 'Number of classes at each accuracy; every row on the same scale.')}
</div>
${seriesPlots(record).map(({ scatter, caption }) =>
  figure(title(scatter.title), drawScatter(scatter), caption, 'wide'),
)}</section>`;
}

function swatch(shape: Markup, name: string): Markup {
  return markup`<span class="key"><svg viewBox="0 0 14 10" aria-hidden="true">${shape}</svg>${name}</span>`;
}

const outcomeKey = [
  swatch(markup`<rect width="14" height="10" fill="var(--top1)"/>`, outcomeNames[0]),
  swatch(
    markup`<rect width="14" height="10" fill="var(--top1)" fill-opacity=".45"/>`,
    outcomeNames[1],
  ),
  swatch(markup`<rect width="14" height="10" fill="var(--rest)"/>`, outcomeNames[2]),
  swatch(markup`<rect width="14" height="10" fill="var(--bad)"/>`, outcomeNames[3]),
];

function figure(title: string, chart: Markup, caption: Part, look = ''): Markup {
  return markup`<figure class="${look}"><h3>${title}</h3><div class="chart">${chart}</div><figcaption>${caption}</figcaption></figure>`;
}
