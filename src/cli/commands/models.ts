/** `topfive models`: the registry and its graphs. */
import type { Command } from 'commander';
import { addInspect } from './models-inspect.ts';
import { addModelList } from './models-list.ts';
import { addShow } from './models-show.ts';

export function addModels(program: Command): void {
  const models = program
    .command('models')
    .description('list and show model cards, and inspect ONNX files');
  for (const add of [addModelList, addShow, addInspect]) add(models);
}
