/** `topfive models`: the registry, its graphs, and any other ONNX file. */
import type { Command } from 'commander';
import { addBuild } from './models-build.ts';
import { addImport } from './models-import.ts';
import { addInspect } from './models-inspect.ts';
import { addModelList } from './models-list.ts';
import { addPull } from './models-pull.ts';
import { addShow } from './models-show.ts';
import { addVerifyModel } from './models-verify.ts';

export function addModels(program: Command): void {
  const models = program
    .command('models')
    .description('model cards, artifacts made of them, and any ONNX file');
  for (const add of additions) add(models);
}

const additions = [
  addModelList,
  addShow,
  addInspect,
  addBuild,
  addImport,
  addPull,
  addVerifyModel,
] as const;
