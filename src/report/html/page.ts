/** report.html: one file that opens anywhere, fetches nothing and says the whole run. */
import type { RunRecord } from '../../scoring/run-record.ts';
import { markup } from '../markup.ts';
import type { Pictures } from '../mistake-rows.ts';
import { accuracy, earlyStop, labelSets } from './accuracy.ts';
import { again, classTable, environment, method, modelDetails } from './details.ts';
import { failures, mistakes } from './images.ts';
import { latency, speed } from './latency.ts';
import { banner, charts, coverage, header } from './overview.ts';
import { precision } from './precision.ts';
import { htmlPage, picturePolicy, reportPolicy } from './shell.ts';

export function renderHtml(
  record: RunRecord,
  { pictures = new Map() }: { pictures?: Pictures } = {},
): string {
  const title = `${record.status === 'invalid' ? 'invalid: ' : ''}${record.name} · topfive`;
  const body = markup`${banner(record)}
${header(record)}
${coverage(record)}
${accuracy(record)}
${labelSets(record)}
${earlyStop(record)}
${precision(record)}
${speed(record)}
${charts(record)}
<section><h2>Details</h2>
${failures(record)}${mistakes(record, pictures)}${classTable(record)}${modelDetails(record)}${latency(record)}${environment(record)}${method(record)}${again(record)}</section>
<footer>Run ${record.runId} · dataset ${record.dataset.digest} · topfive ${record.topfive} · submitted ${record.createdAt}, finished ${record.finishedAt}</footer>`;
  return htmlPage({ title, body, policy: pictures.size > 0 ? picturePolicy : reportPolicy });
}
