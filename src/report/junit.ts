/** junit.xml: one test case a model; it fails when the run is invalid for that model. */
import type { ModelResult, RunRecord } from '../scoring/run-record.ts';
import { defectsOf, ledgerSentence, statusOf } from './findings.ts';
import { type Markup, markup } from './markup.ts';
import { fraction, grouped } from './numbers.ts';
import { clip } from './visible.ts';

const longestReason = 2000;

export function renderJunit(record: RunRecord): string {
  const failed = record.models.filter((model) => defectsOf(model, record).length > 0).length;
  const seconds = record.timings.wallSeconds.toFixed(3);
  const counts = markup`tests="${record.models.length}" failures="${failed}" errors="0" time="${seconds}"`;
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="topfive" ${counts}>
  <testsuite name="${record.name}" ${counts} skipped="0" timestamp="${withoutZone(record.createdAt)}">
    <properties>
      <property name="runId" value="${record.runId}"/>
      <property name="status" value="${record.status}"/>
      <property name="dataset" value="${record.dataset.uri}"/>
      <property name="datasetDigest" value="${record.dataset.digest}"/>
      <property name="topfive" value="${record.topfive}"/>
    </properties>
${record.models.map((model) => testcase(model, record))}  </testsuite>
</testsuites>
`.text;
}

/** JUnit's schema takes local times only; the record's are UTC. */
const withoutZone = (time: string) => time.replace(/(\.\d+)?Z$/, '');

function testcase(model: ModelResult, record: RunRecord): Markup {
  const { readMs, pixelsMs, inferMs } = model.timings;
  const seconds = ((readMs + pixelsMs + inferMs) / 1000).toFixed(3);
  return markup`    <testcase classname="${record.name}" name="${model.id} ${model.precision}" time="${seconds}">
${failure(defectsOf(model, record))}      <system-out>${accuracyLine(model, record)}</system-out>
    </testcase>
`;
}

function failure(defects: readonly string[]): Markup | null {
  if (defects.length === 0) return null;
  return markup`      <failure type="invalid" message="${clip(defects[0], longestReason)}">${clip(defects.join(' '), longestReason)}</failure>
`;
}

function accuracyLine(
  { accuracy: { expected, top1, top5 }, tally }: ModelResult,
  record: RunRecord,
) {
  const { mark } = statusOf(record);
  const part = (
    name: string,
    { correct, fraction: value }: { correct: number; fraction: number },
  ) => `${name} ${fraction(value)} (${grouped(correct)} / ${grouped(expected)})`;
  const note = mark ? `${mark}: ` : '';
  return `${note}${part('top1', top1)}, ${part('top5', top5)}. ${ledgerSentence(tally)}`;
}
