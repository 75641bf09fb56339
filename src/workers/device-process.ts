/** A process that takes one request to compute on a device, answers it and ends. */
import { writeFileSync } from 'node:fs';
import { messageOf, TopfiveError } from '../errors.ts';
import { measureRestart } from '../jobs/measure-restart.ts';
import { tryModel } from '../jobs/try-model.ts';
import type { DeviceAnswer, DeviceReply, DeviceRequest } from '../launch/device-process.ts';
import { tryDevice } from '../onnx/try-device.ts';

// Where memory runs out, the system shall end this process and no other.
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Not Linux.
}

process.once('message', async (request: DeviceRequest) => {
  process.send?.(await replyTo(request), () => process.disconnect());
});

async function replyTo(request: DeviceRequest): Promise<DeviceReply> {
  try {
    return { answer: await answerTo(request) };
  } catch (error) {
    const kind = error instanceof TopfiveError ? error.kind : null;
    return { error: { message: messageOf(error), kind } };
  }
}

function answerTo(request: DeviceRequest): Promise<DeviceAnswer[keyof DeviceAnswer]> {
  switch (request.ask) {
    case 'restart':
      return measureRestart(request.request);
    case 'model':
      return tryModel(request.request);
    case 'try':
      return tryDevice(request.device, request.precision);
  }
}
