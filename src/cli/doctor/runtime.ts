/** Checks that ONNX Runtime loads a model and computes with it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphBuilder } from '../../onnx/graph.ts';
import { openClassifier, runtimeVersion } from '../../onnx/session.ts';
import { writeOnnx } from '../../onnx/write.ts';
import { type Check, fine } from './finding.ts';

/** Logits are the means of the three channels. */
function meansModel(): Uint8Array {
  const builder = new GraphBuilder('means');
  const images = builder.input('images', ['batch', 3, 2, 2]);
  const means = builder.node('Flatten', [builder.node('GlobalAveragePool', [images])]);
  const identity = builder.weights([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  builder.output('logits', builder.node('MatMul', [means, identity]), ['batch', 3]);
  return writeOnnx(builder.graph);
}

export const checkRuntime: Check = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'topfive-doctor-'));
  const file = join(directory, 'means.onnx');
  try {
    await writeFile(file, meansModel());
    const session = await openClassifier(file, { threads: 1, device: 'cpu' });
    const logits = await session
      .run(Float32Array.of(1, 2, 3, 4, 0, 0, 0, 8, -1, -1, 1, 1), 1)
      .finally(() => session.close());
    if (logits.join() === '2.5,2,0') return fine(`${runtimeVersion} computes on the cpu`);
    return {
      status: 'fail',
      finding: `${runtimeVersion} computed ${logits.join(', ')} where 2.5, 2, 0 was expected`,
      mend: 'reinstall the dependencies with npm ci',
    };
  } finally {
    await rm(directory, { recursive: true });
  }
};
