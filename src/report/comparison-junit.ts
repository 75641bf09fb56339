/** junit.xml of a comparison: a test a gate; regressions and open gates fail, refused models are errors. */
import type { ComparisonRecord, Refusal } from '../scoring/comparison-record.ts';
import { pairLabel } from './comparison-models.ts';
import { type GateRow, gateRows, sideWords } from './comparison-words.ts';
import { type Markup, markup } from './markup.ts';
import { clip } from './visible.ts';

const longestReason = 2000;

export function comparisonJunit(record: ComparisonRecord): string {
  const rows = gateRows(record);
  const refused = record.models.filter((model) => 'reasons' in model);
  const nothing = record.models.length === 0;
  const errors = refused.length + (nothing ? 1 : 0);
  const failures = rows.filter(({ gate }) => gate.verdict !== 'pass').length;
  const counts = markup`tests="${rows.length + errors}" failures="${failures}" errors="${errors}"`;
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="topfive" ${counts}>
  <testsuite name="topfive compare" ${counts} skipped="0">
    <properties>
      <property name="verdict" value="${record.verdict}"/>
      <property name="estimand" value="${record.estimand}"/>
      <property name="baseline" value="${sideWords(record.baseline)}"/>
      <property name="candidate" value="${sideWords(record.candidate)}"/>
      <property name="datasetDigest" value="${record.dataset.digest}"/>
    </properties>
${rows.map(gateCase)}${refused.map((model) => refusedCase(model, record))}${nothing ? errorCase('comparison', record.reasons) : null}  </testsuite>
</testsuites>
`.text;
}

function gateCase({ model, metric, gate }: GateRow): Markup {
  const failure =
    gate.verdict === 'pass'
      ? null
      : markup`      <failure type="${gate.verdict}" message="${gate.verdict}: ${gate.explanation}">${gate.explanation}</failure>\n`;
  return markup`    <testcase classname="topfive.compare" name="${model} ${metric}">
${failure}      <system-out>${gate.explanation}</system-out>
    </testcase>
`;
}

function refusedCase(model: Refusal, record: ComparisonRecord): Markup {
  return errorCase(pairLabel(model, record), model.reasons);
}

function errorCase(name: string, reasons: readonly string[]): Markup {
  return markup`    <testcase classname="topfive.compare" name="${name}">
      <error type="invalid" message="${clip(reasons[0] ?? '', longestReason)}">${clip(reasons.join(' '), longestReason)}</error>
    </testcase>
`;
}
