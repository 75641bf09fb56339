/** report.html: one file that opens anywhere, fetches nothing and says the whole run. */
import { createHash } from 'node:crypto';
import type { RunRecord } from '../../scoring/run-record.ts';
import { Markup, markup } from '../markup.ts';
import { accuracy, earlyStop } from './accuracy.ts';
import { again, classTable, environment, failures, method, modelDetails } from './details.ts';
import { banner, charts, coverage, header } from './overview.ts';
import { script } from './script.ts';
import { style } from './style.ts';

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The Content-Security-Policy under which the report works: its own style sheet and script, and nothing else. */
export const reportPolicy = [
  "default-src 'none'",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(script)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

export function renderHtml(record: RunRecord): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(reportPolicy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${record.status === 'invalid' ? 'invalid: ' : null}${record.name} · topfive</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
${banner(record)}
${header(record)}
${coverage(record)}
${accuracy(record)}
${earlyStop(record)}
${charts(record)}
<section><h2>Details</h2>
${failures(record)}${classTable(record)}${modelDetails(record)}${environment(record)}${method(record)}${again(record)}</section>
<footer>Run ${record.runId} · dataset ${record.dataset.digest} · topfive ${record.topfive} · submitted ${record.createdAt}, finished ${record.finishedAt}</footer>
</main>
<script>${new Markup(script)}</script>
</body>
</html>
`.text;
}
