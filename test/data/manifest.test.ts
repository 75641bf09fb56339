import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  loadManifest,
  type Manifest,
  type ManifestEntry,
  makeManifest,
  saveManifest,
} from '../../src/data/manifest.ts';
import { openFs } from '../../src/storage/fs.ts';
import { inFolder } from './dataset-folder.ts';
import { datasetError, ofKind } from './expect-error.ts';

const key = fc.string({ minLength: 1, unit: 'binary' });
const content = fc.record(
  { key, label: fc.nat(1000), bytes: fc.option(fc.nat(1_000_000)) },
  { noNullPrototype: true },
);
const contents = fc.uniqueArray(content, {
  minLength: 1,
  maxLength: 8,
  selector: (one) => one.key,
});

const make = (list: Omit<ManifestEntry, 'at'>[], layout: Manifest['layout'] = 'folder') =>
  makeManifest({
    uri: 'file:///data',
    layout,
    classNames: null,
    entries: list.map((entry) => ({ ...entry, at: { file: entry.key } })),
  });

test('the digest changes with any change of key, label, bytes or order, and with nothing else', () => {
  const change = fc.constantFrom('key', 'label', 'bytes', 'absence', 'order', 'length', 'none');
  fc.assert(
    fc.property(contents, fc.nat(), change, (list, pick, what) => {
      const at = pick % list.length;
      const entry = list[at];
      const changed = list.slice();
      if (what === 'key') changed[at] = { ...entry, key: `${entry.key}x` };
      if (what === 'label') changed[at] = { ...entry, label: entry.label + 1 };
      if (what === 'bytes') changed[at] = { ...entry, bytes: (entry.bytes ?? 0) + 1 };
      if (what === 'absence') changed[at] = { ...entry, bytes: entry.bytes === null ? 0 : null };
      if (what === 'order') changed.reverse();
      if (what === 'length')
        changed.push({ key: `${list.map((one) => one.key).join('')}+`, label: 0, bytes: 0 });
      if (new Set(changed.map((one) => one.key)).size < changed.length) return;
      const same = what === 'none' || (what === 'order' && list.length === 1);
      assert.equal(make(changed, 'list').digest === make(list).digest, same);
    }),
  );
});

test('texts that run into each other have different digests', () => {
  const digests = [
    make([{ key: 'a', label: 11, bytes: 1 }]),
    make([{ key: 'a', label: 1, bytes: 11 }]),
    make([{ key: 'a",1,1]\n["b', label: 1, bytes: 1 }]),
    make([
      { key: 'a', label: 1, bytes: 1 },
      { key: 'b', label: 1, bytes: 1 },
    ]),
  ].map(({ digest }) => digest);
  assert.equal(new Set(digests).size, digests.length);
});

test('an empty dataset, a repeated key and a label that is no class index are refused', () => {
  const one = { key: 'a', label: 1, bytes: 1 };
  assert.throws(() => make([]), datasetError(/At least one image was expected at file:\/\/\/data/));
  assert.throws(
    () => make([one, { ...one, key: 'b' }, { ...one, label: 2 }]),
    datasetError(/a stands twice: image 1 \(a\) and image 3 \(a\)/),
  );
  for (const label of [-1, 1.5, Number.NaN]) {
    assert.throws(() => make([{ ...one, label }]), datasetError(/expected as the label of a, not/));
  }
});

test('what is saved is what is loaded, wherever the images lie', () =>
  inFolder({}, async (folder) => {
    const storage = openFs(folder);
    const file = fc.constantFrom('x', 'y', 'z');
    const place = fc.constantFrom('own', 'file', 'part', 'row');
    await fc.assert(
      fc.asyncProperty(
        contents,
        fc.array(file, { minLength: 8, maxLength: 8 }),
        place,
        async (list, files, kind) => {
          const entries = list.map((entry, index): ManifestEntry => {
            const at = { file: kind === 'own' ? entry.key : files[index] };
            const bytes = entry.bytes ?? 7;
            if (kind === 'part')
              return { ...entry, bytes, at: { ...at, offset: index * 512, length: bytes } };
            return { ...entry, at: kind === 'row' ? { ...at, row: index } : at };
          });
          const manifest = makeManifest({
            uri: 's3://b/p',
            layout: 'tar',
            classNames: ['crane', 'crane'],
            entries,
            seed: entries.length % 2 ? entries.length : null,
          });
          const { digest } = manifest;
          await saveManifest(storage, { manifest, key: 'manifest.json' });
          assert.deepEqual(await loadManifest(storage, { digest, key: 'manifest.json' }), manifest);
        },
      ),
      { numRuns: 40 },
    );
  }));

test('two datasets of equal content are both kept under keys of their own', () =>
  inFolder({}, async (folder) => {
    const storage = openFs(folder);
    const here = make([{ key: 'a', label: 0, bytes: 1 }]);
    const there = { ...here, uri: 'file:///copy' };
    for (const [run, manifest] of [here, there].entries()) {
      await saveManifest(storage, { manifest, key: `runs/${run}/manifest.json` });
    }
    assert.deepEqual(
      await loadManifest(storage, { digest: here.digest, key: 'runs/0/manifest.json' }),
      here,
    );
    assert.deepEqual(
      await loadManifest(storage, { digest: here.digest, key: 'runs/1/manifest.json' }),
      there,
    );
  }));

test('a manifest that was changed, cut or never saved is not loaded', () =>
  inFolder({}, async (folder) => {
    const storage = openFs(folder);
    const manifest = make([
      { key: 'a', label: 1, bytes: 10 },
      { key: 'b', label: 2, bytes: 20 },
    ]);
    const { digest } = manifest;
    const key = 'manifest.json';
    await saveManifest(storage, { manifest, key });
    const path = join(folder, key);
    const text = await readFile(path, 'utf8');
    const changes: [string, string][] = [
      ['"labels":[1,2]', '"labels":[1,3]'],
      ['"labels":[1,2]', '"labels":[1]'],
      ['"labels":[1,2]', '"labels":[1,"2"]'],
      ['"schemaVersion":1', '"schemaVersion":2'],
      ['"file":[]', '"file":[0],"rest":1'],
      ['}', ''],
    ];
    for (const [from, to] of changes) {
      assert.ok(text.includes(from));
      await writeFile(path, text.replace(from, to));
      await assert.rejects(loadManifest(storage, { digest, key }), datasetError(/is damaged/));
    }
    await assert.rejects(
      loadManifest(storage, { digest, key: 'other.json' }),
      ofKind('not-found', /no file/),
    );
  }));

test('a manifest of 50,000 images loads in well under a second', () =>
  inFolder({}, async (folder) => {
    const storage = openFs(folder);
    const list = Array.from({ length: 50_000 }, (_, index) => ({
      key: `n${String(index % 1000).padStart(8, '0')}/ILSVRC2012_val_${String(index).padStart(8, '0')}.JPEG`,
      label: index % 1000,
      bytes: 100_000 + index,
    }));
    const { digest } = make(list);
    await saveManifest(storage, { manifest: make(list), key: 'manifest.json' });
    const fastest = { ms: Number.POSITIVE_INFINITY };
    for (let turn = 0; turn < 3; turn++) {
      const started = performance.now();
      const { entries } = await loadManifest(storage, { digest, key: 'manifest.json' });
      assert.equal(entries.length, 50_000);
      fastest.ms = Math.min(fastest.ms, performance.now() - started);
    }
    assert.ok(fastest.ms < 500, `${fastest.ms} ms`);
  }));
