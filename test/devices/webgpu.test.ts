/** The GPU path for real: WebGPU on SwiftShader, the software Vulkan driver of Debian's chromium package. Slow, and the same code. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { latencyRecordSchema } from '../../src/scoring/latency-record.ts';
import { runRecordSchema } from '../../src/scoring/run-record.ts';
import { correct, images, writeSmallSet } from '../cli/small-set.ts';
import { makePlace } from '../cli/topfive.ts';

const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
/** On continuous integration it always runs. */
const skip =
  existsSync(driver) || process.env.CI
    ? false
    : 'no SwiftShader here; Debian’s chromium package has it';

// The package has a Vulkan loader beside the driver.
const place = makePlace({ VK_DRIVER_FILES: driver, LD_LIBRARY_PATH: dirname(driver) });
before(() => writeSmallSet(place.directory));
after(() => place.remove());

test('a run on WebGPU gives the answers of the CPU, and says where it computed', {
  skip,
}, async () => {
  const { code, stdout, stderr } = await place.topfive(
    ...['run', 'spec.yaml', '--device', 'webgpu', '--workers', '1', '--json'],
  );
  assert.equal(code, 0, stderr);
  const record = runRecordSchema.parse(JSON.parse(stdout));
  for (const { accuracy, conditions } of record.models) {
    assert.deepEqual(
      [accuracy.expected, accuracy.top1.correct, accuracy.failed],
      [images, correct, 0],
    );
    assert.deepEqual([conditions.provider, conditions.arithmetic], ['webgpu', 'fp32']);
  }
  const [worker] = record.environment.workers;
  assert.deepEqual([worker.device, worker.driver], ['Vulkan libvk_swiftshader.so', driver]);
});

test('latency on WebGPU is measured with the copy to the device and without it', {
  skip,
}, async () => {
  const { code, stderr } = await place.topfive(
    ...['latency', 'spec.yaml', '--device', 'webgpu', '--batch', '2', '--restarts', '1'],
    ...['--min-seconds', '0.1', '--max-seconds', '5', '--out', 'measured'],
  );
  assert.equal(code, 0, stderr);
  const file = join(place.directory, 'measured/latency.json');
  const { environment, spans, cells } = latencyRecordSchema.parse(
    JSON.parse(readFileSync(file, 'utf8')),
  );
  assert.equal(environment.provider, 'webgpu');
  assert.equal(environment.device, 'Vulkan libvk_swiftshader.so');
  assert.match(spans.withoutCopy, /in the memory of the device/);
  for (const { measured } of cells) {
    assert.ok(measured!.withoutCopy!.value > 0);
    const [{ answers, held }] = measured!.restarts;
    assert.equal(answers.differing, 0);
    assert.ok(held!.count > 0);
  }
});

test('fp16 on a device without its arithmetic is refused by a run, and no figure of latency', {
  skip,
}, async () => {
  const run = await place.topfive('run', 'spec.yaml', '--device', 'webgpu', '--precision', 'fp16');
  assert.equal(run.code, 2, run.stderr);
  assert.match(run.stderr, /^error: the device webgpu was asked for.*at fp16: .*requires f16/m);
  const { code, stdout, stderr } = await place.topfive(
    ...['latency', 'spec.yaml', '--device', 'webgpu', '--precision', 'fp32,fp16', '--json'],
    ...['--batch', '1', '--restarts', '1', '--min-seconds', '0.1', '--max-seconds', '1'],
  );
  assert.equal(code, 0, stderr);
  for (const cell of latencyRecordSchema.parse(JSON.parse(stdout)).cells) {
    if (cell.precision === 'fp32') assert.ok(cell.measured);
    else assert.match(cell.reason ?? '', /computes in fp16, for which the device webgpu has no/);
  }
});

test('auto does not take software that plays a GPU', { skip }, async () => {
  const { code, stdout, stderr } = await place.topfive(
    ...['latency', 'spec.yaml', '--batch', '1', '--restarts', '1', '--json'],
    ...['--min-seconds', '0.1', '--max-seconds', '1'],
  );
  assert.equal(code, 0, stderr);
  const { environment } = latencyRecordSchema.parse(JSON.parse(stdout));
  if (existsSync('/dev/dri') || existsSync('/dev/nvidia0')) return;
  assert.equal(environment.provider, 'cpu');
  assert.match(stderr, /device cpu: cuda: there is no NVIDIA GPU; webgpu: there is no GPU/);
});

const withoutNvidia = { skip: existsSync('/dev/nvidia0') && 'there is an NVIDIA GPU here' };

test('a device that does not work is refused before anything is done', withoutNvidia, async () => {
  const without = makePlace();
  try {
    await writeSmallSet(without.directory);
    for (const command of ['run', 'latency']) {
      const { code, stdout, stderr } = await without.topfive(
        ...[command, 'spec.yaml', '--device', 'tensorrt'],
      );
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^error: the device tensorrt was asked for, but does not work/m);
    }
  } finally {
    without.remove();
  }
});
