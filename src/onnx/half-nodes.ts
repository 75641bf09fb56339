/** The nodes of a graph whose values are partly fp16 from now on, and the casts between them. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Node } from './graph.ts';
import type { HalfPlan, Width } from './half-plan.ts';
import { codeOf, graphField, nodeField } from './proto.ts';
import { joined, nested, rawFields } from './raw-fields.ts';
import { encodeNode } from './write.ts';

/** What is added to a graph has a name that begins like this, and no exporter's does. */
const own = (kind: Width | 'held', name: string) => `topfive.fp16.${kind}.${name}`;

interface PlannedNode {
  inputs: readonly string[];
  outputs: readonly string[];
  takes: HalfPlan['takes'][number];
}

export class NodeCaster {
  readonly #widths: HalfPlan['widths'];
  /** Names of the graph's outputs. */
  readonly #outputs: ReadonlySet<string>;
  /** Names of the results of casts that are in the graph so far. */
  readonly #casts = new Set<string>();

  constructor({ widths }: HalfPlan, outputs: ReadonlySet<string>) {
    this.#widths = widths;
    this.#outputs = outputs;
  }

  /**
   * The fields of a GraphProto for one of its nodes: the casts that it needs, itself, and casts of what leaves the graph.
   * @param content that of the NodeProto; the nodes must come in the order of the graph
   */
  rewrite(content: Uint8Array, { inputs, outputs, takes }: PlannedNode): Uint8Array[] {
    const before: Node[] = [];
    const taken = inputs.map((name, place) => this.#take(name, { width: takes[place], before }));
    const held = outputs.map((name) => this.#held(name));
    const after = outputs
      .filter((name, place) => name !== held[place])
      .map((name) => castNode(this.#held(name), { to: name, width: 'float' }));
    const rest = rawFields(content).filter(
      ({ field }) => field !== nodeField.input && field !== nodeField.output,
    );
    const node = [
      ...taken.map((name) => text(nodeField.input, name)),
      ...held.map((name) => text(nodeField.output, name)),
      ...rest.map(({ raw }) => raw),
    ];
    return [...before.map(encodeNode), joined(node), ...after.map(encodeNode)].flatMap((each) =>
      nested(graphField.node, [each]),
    );
  }

  /** An output of the graph keeps its name for the float32 that leaves it; inside, its half has a name of its own. */
  #held(name: string): string {
    return this.#outputs.has(name) && this.#widths.get(name) === 'half' ? own('held', name) : name;
  }

  #take(name: string, { width, before }: { width: Width | null; before: Node[] }): string {
    const held = this.#held(name);
    if (width === null || width === this.#widths.get(name)) return held;
    // The float32 that leaves the graph is there already.
    if (held !== name) return name;
    const result = own(width, name);
    if (!this.#casts.has(result)) before.push(castNode(held, { to: result, width }));
    this.#casts.add(result);
    return result;
  }
}

function castNode(from: string, { to, width }: { to: string; width: Width }): Node {
  const type = codeOf(width === 'half' ? 'float16' : 'float32');
  return { op: 'Cast', inputs: [from], outputs: [to], attributes: { to: type } };
}

function text(field: number, value: string): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).string(value).finish();
}
