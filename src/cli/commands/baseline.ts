/** `topfive baseline`: which runs others are held against. */
import type { Command } from 'commander';
import { addBaselineAcknowledge } from './baseline-acknowledge.ts';
import { addBaselineSet } from './baseline-set.ts';
import { addBaselineShow } from './baseline-show.ts';

export function addBaseline(program: Command): void {
  const baseline = program
    .command('baseline')
    .description('choose and show the run that nights are held against');
  addBaselineSet(baseline);
  addBaselineShow(baseline);
  addBaselineAcknowledge(baseline);
}
