/** `topfive models inspect`: what an ONNX file says of itself, and what it costs. */
import type { Command } from 'commander';
import { exitCodes } from '../../errors.ts';
import type { Value } from '../../onnx/graph.ts';
import { type InspectedNode, type Inspection, inspectOnnx } from '../../onnx/inspect.ts';
import { bytes, counted, grouped } from '../../report/numbers.ts';
import { visible } from '../../report/visible.ts';
import { costTable } from '../cost-table.ts';
import { jsonOption, wholeNumber } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { renderTable } from '../table.ts';

interface InspectFlags {
  side?: number;
  nodes?: true;
  json?: true;
}

export function addInspect(models: Command): void {
  models
    .command('inspect')
    .description('say what any ONNX classifier takes, gives, is made of, and costs')
    .argument('<file>', 'an ONNX file; weights beside it are not needed')
    .option(
      '--side <pixels>',
      'of the images, where the file leaves it open (default: 224)',
      wholeNumber(1),
    )
    .option('--nodes', 'every node that costs something, not only the ten dearest')
    .addOption(jsonOption('what it is, with every node'))
    .action(async (file: string, flags: InspectFlags) => {
      const found = await inspectOnnx(file, flags.side);
      await (flags.json ? writeJson(found) : writeOut(describe(found, flags.nodes ?? false)));
      if (found.reason !== null) {
        tell(`error: ${found.reason}`);
        process.exitCode = exitCodes.usage;
      }
    });
}

function describe(found: Inspection, everyNode: boolean): string {
  const { path, producer, irVersion, opset, domains } = found;
  const sets = [
    `operator set ${opset}`,
    ...Object.entries(domains).map(([name, version]) => `${name} ${version}`),
  ];
  const made = producer ? `, made by ${producer}` : '';
  return [
    `${visible(`${path}: ${bytes(found.bytes)}, ONNX format ${irVersion}, ${sets.join(', ')}${made}`)}\n`,
    valueTable(found),
    `operators  ${operatorsLine(found)}\n`,
    `weights    ${weightsLine(found)}\n`,
    ...(found.cost ? [costPart(found, found.cost), nodePart(found, everyNode)] : []),
  ].join('\n');
}

function valueTable({ inputs, outputs }: Inspection): string {
  const row =
    (role: string) =>
    ({ name, dtype, dims }: Value) => [role, name, dtype, shapeText(dims)];
  return renderTable({
    head: ['', 'name', 'type', 'shape'],
    rows: [...inputs.map(row('input')), ...outputs.map(row('output'))],
  });
}

const shapeText = (dims: readonly (number | string)[]) =>
  `[${dims.map((dim) => (dim === '' ? '?' : dim)).join(', ')}]`;

const operatorsLine = ({ operators }: Inspection) =>
  visible(
    Object.entries(operators)
      .map(([op, count]) => `${op} ${grouped(count)}`)
      .join(', '),
  );

function weightsLine({ weights }: Inspection): string {
  const { tensors, elements, external } = weights;
  const beside = external.length > 0 ? `, in ${external.join(', ')}` : '';
  return visible(
    `${counted(tensors, 'tensor')}, ${grouped(elements)} values, ${bytes(weights.bytes)}${beside}`,
  );
}

function costPart(
  { image, activations }: Inspection,
  cost: NonNullable<Inspection['cost']>,
): string {
  return `cost of one image, ${shapeText(image ?? [])}\n\n${costTable(cost)}activations ${grouped(activations ?? 0)}\n`;
}

const dearest = 10;

function nodePart({ nodes }: Inspection, everyNode: boolean): string {
  const costly = nodes.filter(({ params, macs }) => params > 0 || macs > 0);
  const shown = everyNode ? costly : [...costly].sort((a, b) => b.macs - a.macs).slice(0, dearest);
  const title = everyNode
    ? `the ${counted(costly.length, 'node')} that cost something`
    : `the ${shown.length} dearest of ${counted(costly.length, 'node')} that cost something`;
  return `${title}\n\n${nodeTable(shown)}`;
}

function nodeTable(nodes: readonly InspectedNode[]): string {
  return renderTable({
    head: ['node', 'operator', 'output', 'params', 'MACs', 'activations'],
    right: [3, 4, 5],
    rows: nodes.map(({ name, op, dims, params, macs, activations }) => [
      name,
      op,
      shapeText(dims),
      grouped(params),
      grouped(macs),
      grouped(activations),
    ]),
  });
}
