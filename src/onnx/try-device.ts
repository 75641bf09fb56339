/** Finding out whether a device computes: a graph of a few bytes, and the answer that it must give. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import type { Device } from './device.ts';
import { GraphBuilder } from './graph.ts';
import { openClassifier } from './session.ts';
import { writeOnnx } from './write.ts';

export type TriedPrecision = 'fp32' | 'fp16';

/** Of TensorProto, for Cast. */
const onnxTypes = { fp32: 1, fp16: 10 };

/** Logits are the means of the three channels, taken at this precision. */
function meansModel(precision: TriedPrecision): Uint8Array {
  const builder = new GraphBuilder('means');
  const images = builder.input('images', ['batch', 3, 2, 2]);
  const cast = (value: string, to: TriedPrecision) =>
    precision === 'fp32' ? value : builder.node('Cast', [value], { to: onnxTypes[to] });
  const pooled = builder.node('GlobalAveragePool', [cast(images, 'fp16')]);
  const means = builder.node('Flatten', [cast(pooled, 'fp32')]);
  const identity = builder.weights([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  builder.output('logits', builder.node('MatMul', [means, identity]), ['batch', 3]);
  return writeOnnx(builder.graph);
}

const image = Float32Array.of(1, 2, 3, 4, 0, 0, 0, 8, -1, -1, 1, 1);
/** Exact in any arithmetic. */
const expected = '2.5,2,0';

/**
 * Best asked in a process of its own: a driver that does not work may end the process that asks it.
 * @returns why it does not work here; null when it does
 */
export async function tryDevice(
  device: Device,
  precision: TriedPrecision = 'fp32',
): Promise<string | null> {
  const directory = await mkdtemp(join(tmpdir(), 'topfive-device-'));
  const file = join(directory, 'means.onnx');
  try {
    await writeFile(file, meansModel(precision));
    const session = await openClassifier(file, { threads: 1, device });
    const logits = await session.run(image, 1).finally(() => session.close());
    return logits.join() === expected
      ? null
      : `it computed ${logits.join(', ')} where ${expected.replaceAll(',', ', ')} was expected`;
  } catch (error) {
    const cause = error instanceof Error && error.cause ? error.cause : error;
    return messageOf(cause).replace(/\s+/g, ' ').trim();
  } finally {
    await rm(directory, { recursive: true });
  }
}
