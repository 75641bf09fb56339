/** The device of a command: tried out in a process of its own, and told. */
import { chooseDevice } from '../jobs/choose-device.ts';
import { tryDeviceElsewhere } from '../launch/device-process.ts';
import type { Device } from '../onnx/device.ts';
import type { CliSettings } from './settings.ts';

/** @throws TopfiveError `usage` when the device that was asked for does not work here */
export async function settleDevice(
  wanted: 'auto' | Device = 'auto',
  { childEnv: env, log }: CliSettings,
): Promise<Device> {
  const { device, why } = await chooseDevice(wanted, (tried) => tryDeviceElsewhere(tried, { env }));
  log.info(`device ${device}: ${why}`);
  return device;
}
