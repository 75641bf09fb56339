import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TopfiveError } from '../../src/errors.ts';
import { predictionsText } from '../../src/report/predictions.ts';
import { decodePredictionsCsv } from '../../src/report/predictions-csv.ts';
import { type Row, sideOf, twoRuns } from '../scoring/sides.ts';

const decode = (text: string) => decodePredictionsCsv(text, 'tool.csv');

test('what topfive writes as CSV is read again as it was', () => {
  fc.assert(
    fc.property(twoRuns, (rows) => {
      const both: Row[] = rows.map(({ from, ...row }) => ({ ...row, best: from }));
      const { depth, ...side } = sideOf(both);
      const columns = { ...side, keys: [...side.keys], labels: [...side.labels] };
      const text = [...predictionsText(columns, 'csv')].join('');
      assert.deepEqual(decode(text), { ...columns, depth });
    }),
  );
});

test('the label and one class are enough; the state is taken from it', () => {
  const { predictions, depth, keys } = decode('c1,label,key\n3,3,a.jpeg\n4,3,"b,c.jpeg"\n');
  assert.deepEqual([keys, depth], [['a.jpeg', 'b,c.jpeg'], 1]);
  assert.deepEqual(predictions.ranks, [1, 6]);
  assert.deepEqual(predictions.states, ['scored', 'scored']);
  assert.deepEqual(predictions.classes, [3, -1, -1, -1, -1, 4, -1, -1, -1, -1]);
  assert.deepEqual(predictions.probabilities, []);
});

test('a byte order mark, Windows line ends and columns that nobody knows do no harm', () => {
  const text = '\ufeffkey,label,c1,c2,p1,p2,name\r\na,1,2,1,0.5,0.25,cat\r\n\r\n';
  const { predictions, depth } = decode(text);
  assert.deepEqual([predictions.ranks, depth], [[2], 2]);
  assert.deepEqual(predictions.probabilities, [0.5, 0.25, 0, 0, 0]);
});

const wrong: [string, string, RegExp][] = [
  ['no columns at all', '', /lacks key and label and c1: it has none/],
  ['the columns of timm', 'filename,index_0\na,1\n', /lacks key and label and c1: it has filename/],
  ['fewer probabilities', 'key,label,c1,c2,p1\na,1,1,2,0.5\n', /c1 to c2, but probabilities only/],
  ['a class by name', 'key,label,c1\na,1,tabby\n', /row 2: .* as c1, but it is "tabby"/],
  ['a label that is none', 'key,label,c1\na,1,1\nb,-1,1\n', /row 3: .* as label, but it is "-1"/],
  ['a percentage', 'key,label,c1,p1\na,1,1,77\n', /from 0 to 1 as p1, but it is "77"/],
  ['no answer and no state', 'key,label,c1\na,1,\n', /row 2: expected a class in c1, or a state/],
  ['an unknown state', 'key,label,c1,state\na,1,1,odd\n', /and the state "odd"/],
  ['rows of other lengths', 'key,label,c1\na,1\n', /is no CSV: .*line 2/],
];

for (const [what, text, message] of wrong) {
  test(`${what} is one sentence`, () => {
    assert.throws(
      () => decode(text),
      (error) => {
        assert.ok(error instanceof TopfiveError && error.kind === 'usage');
        assert.match(error.message, message);
        return true;
      },
    );
  });
}
