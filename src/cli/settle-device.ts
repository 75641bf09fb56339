/** The device of a command: tried out in a process of its own, and told. */
import { chooseDevice } from '../jobs/choose-device.ts';
import { tryDeviceElsewhere } from '../launch/device-process.ts';
import type { Device } from '../onnx/device.ts';
import type { CliSettings } from './settings.ts';

/**
 * @param precision at which it has to compute
 * @throws TopfiveError `usage` when the device that was asked for does not work here
 */
export async function settleDevice(
  wanted: 'auto' | Device = 'auto',
  { childEnv: env, log, precision = 'fp32' }: CliSettings & { precision?: 'fp32' | 'fp16' },
): Promise<Device> {
  const { device, why } = await chooseDevice(wanted, async (tried) => {
    const obstacle = await tryDeviceElsewhere(tried, { env, precision });
    return obstacle !== null && precision === 'fp16' ? `at fp16: ${obstacle}` : obstacle;
  });
  log.info(`device ${device}: ${why}`);
  return device;
}
