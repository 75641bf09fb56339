/** Checks that ONNX Runtime loads a model and computes with it, on the CPU and on whatever else is here. */
import { cpus } from 'node:os';
import { obstacleTo } from '../../jobs/gpu.ts';
import { tryDeviceElsewhere } from '../../launch/device-process.ts';
import { devices } from '../../onnx/device.ts';
import { runtimeVersion } from '../../onnx/session.ts';
import { tryDevice } from '../../onnx/try-device.ts';
import { counted } from '../../report/numbers.ts';
import { type Check, fine } from './finding.ts';

export const checkRuntime: Check = async () => {
  const trouble = await tryDevice('cpu');
  if (trouble === null) return fine(`${runtimeVersion} computes on the cpu`);
  return {
    status: 'fail',
    finding: `${runtimeVersion} does not compute on the cpu: ${trouble}`,
    mend: 'reinstall the dependencies with npm ci',
  };
};

/** Every machine has a CPU, so that nothing is wrong with one that has no more. */
export const checkDevices: Check = async ({ environment, childEnv: env }) => {
  const processor = cpus()[0]?.model.trim() ?? 'an unknown processor';
  const found = [`cpu: ${counted(environment.cores, 'core')} of ${processor}`];
  for (const device of devices.filter((name) => name !== 'cpu')) {
    const obstacle = obstacleTo(device) ?? (await tryDeviceElsewhere(device, { env }));
    found.push(`${device}: ${obstacle ?? 'it computes'}`);
  }
  return fine(found.join('; '));
};
