/** Decoding: which bytes give which pixels, and which give none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rgbOf } from '../../src/data/colour.ts';
import {
  decode,
  decoderVersion,
  encodeJpeg,
  encodePng,
  Undecodable,
} from '../../src/data/decode.ts';
import { sha256 } from '../../src/storage/digest.ts';
import { expected, readImage } from './pixel-fixtures.ts';

const decoders = ['opencv', 'pillow'] as const;

test('every image of the golden set decodes to the RGB bytes of OpenCV and of Pillow', async () => {
  const different: string[] = [];
  for (const [name, { decoded }] of Object.entries(expected.images)) {
    const stored = await decode(readImage(name));
    for (const decoder of decoders) {
      const { width, height, data } = rgbOf(stored, decoder);
      const made = { width, height, sha256: sha256(data) };
      if (JSON.stringify(made) !== JSON.stringify(decoded[decoder])) {
        different.push(`${name} ${decoder}`);
      }
    }
  }
  assert.deepEqual(different, []);
  assert.ok(Object.keys(expected.images).length > 80);
});

const reasonOf = async (bytes: Buffer): Promise<string> => {
  const failure = await decode(bytes).then(
    () => assert.fail('the bytes were decoded'),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof Undecodable);
  return failure.message;
};

const photo = readImage('photo-500x375.jpg');
const progressive = readImage('photo-341x512.jpg');
const endOfImage = Buffer.from([0xff, 0xd9]);

test('a file that ends before its last pixel is undecodable, wherever it ends', async () => {
  const whole = [photo, progressive, readImage('gray.jpg'), readImage('cmyk.jpg')];
  for (const bytes of [...whole, readImage('rgb.png'), readImage('lossy.webp')]) {
    for (const share of [0.1, 0.3, 0.6, 0.9]) {
      await reasonOf(bytes.subarray(0, Math.floor(bytes.length * share)));
    }
  }
});

test('a JPEG without its end marker is undecodable, as it is for Pillow', async () => {
  assert.equal(await reasonOf(photo.subarray(0, -2)), 'the JPEG data ends early or is broken');
});

test('a progressive JPEG closed before its last scans is undecodable', async () => {
  const half = progressive.subarray(0, Math.floor(progressive.length * 0.3));
  const reason = await reasonOf(Buffer.concat([half, endOfImage]));
  assert.equal(reason, 'the progressive JPEG lacks its last scans');
});

test('the reason says what arrived where no image did', async () => {
  assert.equal(await reasonOf(Buffer.alloc(0)), 'the file is empty');
  assert.match(
    await reasonOf(Buffer.from('Not found\n')),
    /a text file that starts with "Not found/,
  );
  assert.match(await reasonOf(Buffer.from('GIF89a\x01\0\x01\0')), /^a GIF file, where a JPEG/);
  assert.match(await reasonOf(Buffer.alloc(100)), /starts with the bytes 00000000/);
  assert.match(await reasonOf(Buffer.from('<svg xmlns="x"/>')), /text file/);
  assert.match(await reasonOf(Buffer.concat([photo.subarray(0, 2), endOfImage])), /JPEG/);
});

test('a JPEG with two components is undecodable', async () => {
  const bytes = Buffer.from(readImage('gray.jpg'));
  bytes[bytes.indexOf(Buffer.from([0xff, 0xc0])) + 9] = 2;
  assert.match(await reasonOf(bytes), /2 components/);
});

test('junk before the end marker, after it, and lost restarts are no reason to refuse', async () => {
  for (const name of ['junk-before-end.jpg', 'junk-after-end.jpg', 'restart-lost.jpg']) {
    assert.equal((await decode(readImage(name))).width, 61);
  }
});

test('an image of more than a hundred warnings is decoded', async () => {
  const grain = Uint8Array.from({ length: 400 * 400 * 3 }, (_, k) => (k * 7919) % 251);
  const bytes = await encodeJpeg(grain, { width: 400, height: 400, progressive: true });
  const firstScan = bytes.indexOf(Buffer.from([0xff, 0xda]));
  const junkAndComment = Buffer.from([0x11, 0x11, 0xff, 0xfe, 0, 2]);
  const noise = Buffer.concat(Array<Buffer>(120).fill(junkAndComment));
  const noisy = Buffer.concat([bytes.subarray(0, firstScan), noise, bytes.subarray(firstScan)]);
  assert.deepEqual((await decode(noisy)).data, (await decode(bytes)).data);
});

test('the decoder names its versions', () => {
  assert.match(decoderVersion, /^sharp \d+\.\d+\.\d+, libvips \d+\.\d+\.\d+$/);
});

test('a PNG gives back the pixels it was made of, in colour and in gray', async () => {
  const colours = Uint8Array.from({ length: 5 * 4 * 3 }, (_, k) => k * 4);
  const image = await decode(await encodePng(colours, { width: 5, height: 4 }));
  assert.deepEqual([image.width, image.height, image.kind], [5, 4, 'rgb']);
  assert.deepEqual(image.data, colours);
  const gray = Uint8Array.from({ length: 20 }, (_, k) => k * 12);
  const decoded = await decode(await encodePng(gray, { width: 5, height: 4 }));
  assert.deepEqual(
    decoded.data,
    Uint8Array.from({ length: 60 }, (_, k) => Math.floor(k / 3) * 12),
  );
});

test('a JPEG can be enlarged first, and its options reach the encoder', async () => {
  const pixels = Uint8Array.from({ length: 8 * 6 * 3 }, (_, k) => (k * 37) % 256);
  const size = { width: 8, height: 6, resizeTo: { width: 80, height: 60 } };
  const plain = await encodeJpeg(pixels, size);
  const { width, height } = await decode(plain);
  assert.deepEqual([width, height], [80, 60]);
  assert.ok((await encodeJpeg(pixels, { ...size, quality: 30 })).length < plain.length);
  assert.ok(
    (await encodeJpeg(pixels, { ...size, chromaSubsampling: '4:4:4' })).length > plain.length,
  );
  const frames = await encodeJpeg(pixels, { ...size, progressive: true });
  assert.ok(frames.includes(Buffer.from([0xff, 0xc2])));
  assert.deepEqual(await encodeJpeg(pixels, size), plain);
});
