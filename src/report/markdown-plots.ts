/** The plots of report.md: pictures that lie beside it. */
import type { RunRecord } from '../scoring/run-record.ts';
import { statusOf } from './findings.ts';
import { escapedSentence } from './markdown-text.ts';
import { plotFile, plotFolder, seriesPlots } from './series-plots.ts';

/** Null when there is nothing to plot. */
export function plotSection(record: RunRecord): string | null {
  const { mark } = statusOf(record);
  const plots = seriesPlots(record).map((plot) => {
    const title = mark ? `${plot.scatter.title} (${mark})` : plot.scatter.title;
    return `![${title}](${plotFolder}${plotFile(plot)})\n\n${escapedSentence(plot.caption)}`;
  });
  return plots.length > 0 ? ['## Plots', ...plots].join('\n\n') : null;
}
