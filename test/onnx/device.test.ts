import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arithmeticOf, type Device } from '../../src/onnx/device.ts';
import { tryDevice } from '../../src/onnx/try-device.ts';

test('arithmetic follows from device, precision and whether NVIDIA may round to TF32', () => {
  const rows: [Device, 'fp32' | 'fp16', boolean, string][] = [
    ['cpu', 'fp32', true, 'fp32'],
    ['cpu', 'fp16', false, 'fp32'],
    ['cuda', 'fp32', false, 'fp32'],
    ['cuda', 'fp32', true, 'tf32'],
    ['cuda', 'fp16', true, 'fp16'],
    ['tensorrt', 'fp32', true, 'tf32'],
    ['webgpu', 'fp32', true, 'fp32'],
    ['webgpu', 'fp16', false, 'fp16'],
  ];
  for (const [device, precision, tf32, arithmetic] of rows) {
    assert.equal(arithmeticOf(device, { precision, tf32 }), arithmetic);
  }
});

test('the CPU of any machine works, and tf32 is off unless a person turned it on', async () => {
  assert.equal(await tryDevice('cpu'), null);
  assert.equal(process.env.NVIDIA_TF32_OVERRIDE, '0');
});
