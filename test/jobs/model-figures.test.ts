import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { countCost, publishedOf } from '../../src/jobs/model-figures.ts';
import { cards } from '../../src/models/cards.ts';
import { GraphBuilder } from '../../src/onnx/graph.ts';
import { type GraphFile, openGraph } from '../../src/onnx/graph-file.ts';
import { writeOnnx } from '../../src/onnx/write.ts';
import { publishedSchema } from '../../src/scoring/published.ts';

const folder = await mkdtemp(join(tmpdir(), 'topfive-figures-'));
after(() => rm(folder, { recursive: true }));

async function write(op: string): Promise<GraphFile> {
  const builder = new GraphBuilder(op);
  const image = builder.input('image', ['N', 3, '', '']);
  const weights = builder.weights([8, 3, 1, 1], new Float32Array(24));
  builder.output('logits', builder.node(op, [image, weights]), ['N', 8]);
  const path = join(folder, `${op}.onnx`);
  await writeFile(path, writeOnnx(builder.graph));
  return openGraph(path);
}

test('the cost of an artifact is that of its own graph at the crop of the recipe', async () => {
  const macs = 24 * 32 * 32;
  assert.deepEqual(countCost(await write('Conv'), 32), {
    cost: { params: 24, macs, flops: 2 * macs },
    costReason: null,
  });
});

test('an operator that is not known leaves no cost and a reason', async () => {
  const { cost, costReason } = countCost(await write('Novelty'), 32);
  assert.equal(cost, null);
  assert.match(costReason ?? '', /what Novelty costs is not known/);
});

test('what is published of a card goes into the record as it is', () => {
  for (const card of cards) {
    const published = publishedOf(card);
    assert.deepEqual(publishedSchema.parse(JSON.parse(JSON.stringify(published))), published);
    assert.equal(published.top1, card.published.top1);
  }
});
