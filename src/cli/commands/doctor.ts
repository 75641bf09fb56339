/** `topfive doctor`: checks the machine; each finding comes with its mend. */
import type { Command } from 'commander';
import { exitCodes } from '../../errors.ts';
import { type Check, examine, type Finding } from '../doctor/finding.ts';
import { checkDisk, checkMemory, checkNode } from '../doctor/machine.ts';
import { checkPixels } from '../doctor/pixels.ts';
import { checkQueue, checkStore } from '../doctor/places.ts';
import { checkPlots } from '../doctor/plots.ts';
import { checkDevices, checkRuntime } from '../doctor/runtime.ts';
import { jsonOption } from '../options.ts';
import { writeJson, writeOut } from '../out.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { renderTable } from '../table.ts';

/** Each check, and what to do when it cannot even be made. */
const checks: Record<string, { check: Check; mend: string }> = {
  node: { check: checkNode, mend: 'install a current Node.js' },
  pixels: { check: checkPixels, mend: 'reinstall the dependencies with npm ci' },
  plots: { check: checkPlots, mend: 'reinstall the dependencies with npm ci' },
  runtime: { check: checkRuntime, mend: 'reinstall the dependencies with npm ci' },
  devices: { check: checkDevices, mend: 'run on another machine' },
  store: { check: checkStore, mend: 'name a place that can be written with --store' },
  disk: { check: checkDisk, mend: 'name another place with --store' },
  memory: { check: checkMemory, mend: 'run with fewer --workers' },
  queue: {
    check: checkQueue,
    mend: 'install redis-server or valkey-server, or name a queue with --queue',
  },
};

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description(
      'check this machine: pixels, runtime, store, queue; exit code 2 if a run would fail',
    )
    .addOption(jsonOption('the findings'))
    .action(async (flags: { json?: true }) => {
      const findings = await examineAll(readSettings(command));
      await (flags.json ? writeJson(findings) : writeOut(describe(findings)));
      const ill = findings.some(({ status }) => status === 'fail');
      process.exitCode = ill ? exitCodes.usage : exitCodes.done;
    });
}

type NamedFinding = { name: string } & Finding;

async function examineAll(settings: CliSettings): Promise<NamedFinding[]> {
  const findings: NamedFinding[] = [];
  for (const [name, { check, mend }] of Object.entries(checks)) {
    findings.push({ name, ...(await examine(check, { settings, mend })) });
  }
  return findings;
}

function describe(findings: NamedFinding[]): string {
  return renderTable({
    head: ['', 'check', 'finding'],
    rows: findings.map(({ name, status, finding, mend }) => [
      status,
      name,
      mend === null ? finding : `${finding}: ${mend}`,
    ]),
  });
}
