import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, open, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { openImageSource } from '../../../src/data/image-source.ts';
import { indexDataset } from '../../../src/data/index-dataset.ts';
import { type Files, inFolder, writeFiles } from '../dataset-folder.ts';
import { datasetError } from '../expect-error.ts';

type Member = [
  name: string | { name: string; type?: 'directory'; size?: number },
  content: string | Buffer,
];

async function packed(members: Member[]): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of members) {
    archive.entry(typeof name === 'string' ? { name } : name, Buffer.from(content));
  }
  archive.finalize();
  return buffer(archive);
}

const index = (uri: string) => indexDataset({ uri, layout: 'tar' });

async function indexOf(archives: Record<string, Member[] | Buffer>) {
  const files: Files = {};
  for (const [name, content] of Object.entries(archives)) {
    files[name] = Array.isArray(content) ? await packed(content) : content;
  }
  let indexed: Awaited<ReturnType<typeof index>> | undefined;
  await inFolder(files, async (folder) => {
    indexed = await index(folder);
  });
  return indexed!;
}

const sample = (key: string, label: number): Member[] => [
  [`${key}.cls`, `${label}`],
  [`${key}.jpg`, `image ${key}`],
];

test('the index of an archive is what was packed into it, and reads back the same bytes', async () => {
  const part = fc.string({ minLength: 1, maxLength: 70, unit: 'grapheme-composite' });
  const plain = part.filter((text) => !/[./\0\p{Surrogate}]/u.test(text));
  const key = fc.array(plain, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const image = fc.record({
    key,
    label: fc.nat(999),
    bytes: fc.uint8Array({ maxLength: 6000 }),
    ending: fc.constantFrom('jpg', 'jpeg', 'png', 'JPEG'),
    labelFirst: fc.boolean(),
  });
  const images = fc.uniqueArray(image, { minLength: 1, maxLength: 6, selector: (one) => one.key });
  await fc.assert(
    fc.asyncProperty(images, async (list) => {
      const members = list.flatMap(({ key, label, bytes, ending, labelFirst }): Member[] => {
        const pair: Member[] = [
          [`${key}.cls`, `${label}\n`],
          [`${key}.${ending}`, Buffer.from(bytes)],
        ];
        return [[`${key}.json`, '{}'], ...(labelFirst ? pair : pair.reverse())];
      });
      await inFolder({ 'set.tar': await packed(members) }, async (folder) => {
        const { manifest } = await index(folder);
        const source = openImageSource(manifest);
        const read = await Promise.all(
          manifest.entries.map(async (entry) => ({
            key: entry.key,
            label: entry.label,
            bytes: [...(await source.read(entry))],
          })),
        );
        assert.deepEqual(
          read,
          list.map(({ key, label, bytes, ending }) => ({
            key: `${key}.${ending}`,
            label,
            bytes: [...bytes],
          })),
        );
      });
    }),
    { numRuns: 40 },
  );
});

for (const format of ['gnu', 'posix', 'ustar', 'v7', 'oldgnu']) {
  const long = format === 'v7' ? 'short' : `${'d'.repeat(90)}/${'e'.repeat(90)}`;
  const name = format === 'ustar' || format === 'v7' ? 'image' : 'grüße '.repeat(20).trim();
  test(`archives that GNU tar writes as ${format} are indexed`, () =>
    inFolder({}, async (folder) => {
      const key = `${long}/${name}`;
      const files = {
        [`in/${key}.cls`]: '12',
        [`in/${key}.jpg`]: 'pixels',
        'in/0.cls': '3',
        'in/0.png': 'p',
      };
      await writeFiles(folder, files);
      await mkdir(join(folder, 'set'));
      const archive = join(folder, 'set', '0.tar');
      execFileSync('tar', [
        `--format=${format}`,
        '--sort=name',
        '-cf',
        archive,
        '-C',
        join(folder, 'in'),
        '.',
      ]);
      const { manifest } = await index(join(folder, 'set'));
      assert.deepEqual(
        manifest.entries.map(({ key, label, bytes }) => [key, label, bytes]),
        [
          ['0.png', 3, 1],
          [`${key}.jpg`, 12, 6],
        ].sort(),
      );
      const source = openImageSource(manifest);
      const last = manifest.entries.find(({ label }) => label === 12)!;
      assert.equal((await source.read(last)).toString(), 'pixels');
    }));
}

test('archives are taken in the order of their names, and a single one may be named', async () => {
  const first = await packed(sample('b', 1));
  await inFolder({ 'x-1.tar': await packed(sample('a', 2)), 'x-0.tar': first }, async (folder) => {
    const { manifest, warnings } = await indexDataset({ uri: folder, layout: 'auto' });
    assert.equal(manifest.layout, 'tar');
    assert.deepEqual(
      manifest.entries.map(({ key, at }) => [key, at.file]),
      [
        ['b.jpg', 'x-0.tar'],
        ['a.jpg', 'x-1.tar'],
      ],
    );
    assert.deepEqual(warnings, []);
    const one = await indexDataset({ uri: join(folder, 'x-1.tar'), layout: 'auto' });
    assert.deepEqual(one.manifest.entries, manifest.entries.slice(1));
  });
  const mixed = await indexOf({ 'train-0.tar': sample('a', 1), 'val-0.tar': sample('b', 1) });
  assert.match(mixed.warnings[0], /2 kinds of name were all read: train-\*\.tar, val-\*\.tar/);
});

test('an archive and the folder it was made of give entries of equal keys, labels and sizes', () =>
  inFolder({ 'f/a/1.jpg': 'x', 'f/b/2.JPEG': 'yy' }, async (folder) => {
    const members: Member[] = [
      ['a/1.jpg', 'x'],
      ['a/1.cls', '0'],
      ['b/2.JPEG', 'yy'],
      ['b/2.cls', '1'],
    ];
    await writeFiles(folder, { 't/0.tar': await packed(members) });
    const asFolder = await indexDataset({ uri: join(folder, 'f'), layout: 'auto' });
    const asTar = await indexDataset({ uri: join(folder, 't'), layout: 'auto' });
    assert.equal(asTar.manifest.digest, asFolder.manifest.digest);
  }));

test('an image or a label without the other, and members twice, are refused by name', async () => {
  const refused = async (members: Member[], message: RegExp) =>
    assert.rejects(indexOf({ 'set.tar': members }), datasetError(message));
  await refused([['a.jpg', '']], /sample a of set\.tar has no a\.cls/);
  await refused([['a.cls', '1']], /sample a of set\.tar has no a\.jpg/);
  await refused(
    [
      ['x/a.b.jpg', ''],
      ['x/a.b.cls', '1'],
    ],
    /sample x\/a of set\.tar has no .*up to its first dot/,
  );
  await refused([...sample('a', 1), ['a.cls', '2']], /a second label, a\.cls/);
  await refused([...sample('a', 1), ['a.png', '2']], /a second image, a\.png/);
  await refused(
    [
      ['a.jpg', ''],
      ['a.cls', 'tench'],
    ],
    /expected in a\.cls of set\.tar, not "tench"/,
  );
  await refused(
    [
      ['a.jpg', ''],
      ['a.cls', '-1'],
    ],
    /not "-1"/,
  );
  await refused(
    [
      ['a.jpg', ''],
      ['a.cls', '1'.repeat(100)],
    ],
    /class index from 0/,
  );
  await refused([['notes.txt', '']], /At least one image was expected/);
  await assert.rejects(
    indexOf({ '0.tar': sample('a', 1), '1.tar': sample('a', 1) }),
    datasetError(
      /a\.jpg stands twice: image 1 \(0\.tar at byte 1536\) and image 2 \(1\.tar at byte 1536\)/,
    ),
  );
});

test('members that are neither an image nor a label are passed over', async () => {
  const { manifest } = await indexOf({
    'set.tar': [
      [{ name: 'dir.jpg', type: 'directory' }, ''],
      ['a.mask.png', 'mask'],
      ...sample('a', 4),
      ['a.json', '{}'],
      ['._a.jpg', 'resource fork'],
    ],
  });
  assert.deepEqual(
    manifest.entries.map(({ key, label }) => [key, label]),
    [['a.jpg', 4]],
  );
});

test('a link in place of an image is refused', () =>
  inFolder({ 'in/a.cls': '1', 'in/real': 'x' }, async (folder) => {
    await symlink('real', join(folder, 'in', 'a.jpg'));
    await mkdir(join(folder, 'set'));
    execFileSync('tar', [
      '-cf',
      join(folder, 'set', '0.tar'),
      '-C',
      join(folder, 'in'),
      'a.cls',
      'a.jpg',
      'real',
    ]);
    await assert.rejects(index(join(folder, 'set')), datasetError(/a\.jpg in 0\.tar is a link/));
  }));

test('an archive that was cut short is refused wherever the cut is', async () => {
  const whole = await packed([...sample('a', 1), ...sample('b', 2), ...sample('c', 3)]);
  const content = whole.length - 1024;
  for (let length = 0; length <= content; length += length % 512 === 0 ? 1 : 511) {
    await assert.rejects(
      indexOf({ 'set.tar': whole.subarray(0, length) }),
      datasetError(/set\.tar/),
    );
  }
  assert.equal(
    (await indexOf({ 'set.tar': whole.subarray(0, content + 512) })).manifest.entries.length,
    3,
  );
});

test('joined archives are refused, because the second half would be lost', async () => {
  const joined = Buffer.concat([await packed(sample('a', 1)), await packed(sample('b', 2))]);
  await assert.rejects(
    indexOf({ 'set.tar': joined }),
    datasetError(/goes on after its end mark at byte 2048/),
  );
});

test('what is no tar file is refused', async () => {
  await assert.rejects(
    indexOf({ 'set.tar': Buffer.alloc(3000, 'x') }),
    datasetError(/no valid header at byte 0/),
  );
  await assert.rejects(
    indexOf({ 'set.tar': Buffer.alloc(0) }),
    datasetError(/set\.tar ends at byte 0/),
  );
});

test('a damaged header is refused and never runs away', async () => {
  const whole = await packed([
    [{ name: `${'n'.repeat(120)}.jpg` }, 'x'],
    [`${'n'.repeat(120)}.cls`, '1'],
  ]);
  const flips = fc.array(fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) }), {
    minLength: 1,
    maxLength: 3,
  });
  await inFolder({ 'set.tar': whole }, async (folder) => {
    await fc.assert(
      fc.asyncProperty(flips, async (list) => {
        const bytes = Buffer.from(whole);
        for (const { at, to } of list) bytes[at] = to;
        await writeFile(join(folder, 'set.tar'), bytes);
        await index(folder).catch(datasetError(/./));
      }),
      { numRuns: 150 },
    );
  });
});

test('only headers and labels are read: images of a gigabyte take no longer', () =>
  inFolder({}, async (folder) => {
    const head = (await packed([[{ name: 'a.jpg', size: 0 }, '']])).subarray(0, 512);
    const size = 2 ** 30;
    head.write(`${size.toString(8).padStart(11, '0')} `, 124);
    head.write('        ', 148);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const path = join(folder, '0.tar');
    const rest = await packed([['a.cls', '5']]);
    const file = await open(path, 'w');
    await file.truncate(512 + size + rest.length);
    await file.write(head, 0, head.length, 0);
    await file.write(rest, 0, rest.length, 512 + size);
    await file.close();
    const { manifest } = await index(folder);
    assert.deepEqual(manifest.entries[0].at, { file: '0.tar', offset: 512, length: size });
  }));
