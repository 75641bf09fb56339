/** What a person is told when the runtime refuses a model, in one sentence each. */
import { messageOf, TopfiveError } from '../errors.ts';
import type { Device } from './device.ts';

export function notLoaded(path: string, error: unknown): TopfiveError {
  return told(
    `${path} could not be loaded as an ONNX model: check that the file is complete and its operators are supported`,
    error,
  );
}

export function notOnDevice(
  path: string,
  { device, error }: { device: Device; error: unknown },
): TopfiveError {
  return told(
    `${path} loads on the CPU, but the device ${device} cannot run it on this machine: choose --device cpu, or install its driver and libraries`,
    error,
  );
}

/** WebGPU's shaders may use halves on some devices only; ONNX Runtime, core/providers/webgpu/shader_helper.cc. */
const lacksHalf = /requires f16 but the device does not support it/;

/** @param dims of the batch that it was given */
export function notRun(
  path: string,
  { device, dims, error }: { device: Device; dims: readonly number[]; error: unknown },
): TopfiveError {
  return lacksHalf.test(lineOf(error))
    ? told(
        `${path} computes in fp16, for which the device ${device} has no arithmetic on this machine: choose fp32 or another device`,
        error,
      )
    : told(
        `${path} loads but does not run on images of shape [${dims.join(', ')}]: check that the recipe's crop and layout are the model's`,
        error,
      );
}

/** @param found dims of the output */
export function otherLogits(
  found: readonly number[],
  { rows, classes }: { rows: number; classes: number },
): TopfiveError {
  return new TopfiveError(
    'model',
    `The model was expected to give ${rows} × ${classes} logits, but gave [${found.join(', ')}]: its output does not follow the batch; export it with a dynamic batch.`,
  );
}

function told(sentence: string, error: unknown): TopfiveError {
  return new TopfiveError('model', `${sentence} (the runtime says: ${lineOf(error)}).`, {
    cause: error,
  });
}

function lineOf(error: unknown): string {
  return messageOf(error).replace(/\s+/g, ' ').trim();
}
