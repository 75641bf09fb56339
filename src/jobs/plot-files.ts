/** The plots of a report as PNG files, for papers and pages that show no SVG. */
import { encodeSvg } from '../data/decode.ts';
import { standAlone } from '../report/chart.ts';
import { drawScatter } from '../report/scatter.ts';
import { plotFile, seriesPlots } from '../report/series-plots.ts';
import type { RunRecord } from '../scoring/run-record.ts';

interface PlotFile {
  fileName: string;
  content: Uint8Array;
}

/** Equal records give equal bytes on one machine. */
export async function makePlots(record: RunRecord): Promise<PlotFile[]> {
  const files: PlotFile[] = [];
  for (const plot of seriesPlots(record)) {
    const content = await encodeSvg(standAlone(drawScatter(plot.scatter)));
    files.push({ fileName: plotFile(plot), content });
  }
  return files;
}
