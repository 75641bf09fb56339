/** `topfive dataset`: images and labels, without any model's answer. */
import type { Command } from 'commander';
import { addCrops } from './dataset-crops.ts';
import { addIndex } from './dataset-index.ts';
import { addPack } from './dataset-pack.ts';
import { addSynth } from './dataset-synth.ts';
import { addVerify } from './dataset-verify.ts';

export function addDataset(program: Command): void {
  const dataset = program.command('dataset').description('index, verify, pack and make datasets');
  for (const add of [addIndex, addVerify, addPack, addSynth, addCrops]) add(dataset);
}
