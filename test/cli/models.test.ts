import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { cards } from '../../src/models/cards.ts';
import { makePlace } from './topfive.ts';

const place = makePlace();
after(() => place.remove());

const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await place.topfive(...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
};

test('models list --json has the fourteen ids and families in the order of the page', async () => {
  const rows: { id: string; family: string }[] = await json('models', 'list');
  assert.deepEqual(
    rows.map(({ id, family }) => [id, family]),
    cards.map(({ id, family }) => [id, family]),
  );
});

test('models show --json is the card with its cost by every convention, in single units', async () => {
  const { cost, ...card } = await json('models', 'show', 'ResNeXt101_32x48d_wsl');
  assert.deepEqual(card, JSON.parse(JSON.stringify(cards[3])));
  assert.equal(cost.exact.params, 828_411_176);
  assert.equal((cost.exact.macs / 1e9).toFixed(4), '153.3102');
  assert.equal(cost['paddle-flops-2.2'].params, 829_264_296);
  assert.equal((cost['paddle-model-stat-2019'].params / 1e6).toFixed(2), '456.20');
  assert.equal((cost['paddle-model-stat-2019'].flops / 1e9).toFixed(2), '173.58');
});

test('models list and show are tables for a person', async () => {
  const list = await place.topfive('models', 'list');
  assert.match(
    list.stdout,
    /^Fix_ResNeXt101_32x48d_wsl +ResNeXt101_wsl .* 828\.411 .*non-commercial$/m,
  );
  const { stdout } = await place.topfive('models', 'show', 'EfficientNetB6');
  assert.match(stdout, /^ {2}exact +43,040,704 +19,067,\d{3},\d{3} {2}MACs$/m);
  assert.match(stdout, /printed flops, an exception: the rule gives 36\.37 G/);
  assert.match(stdout, /^ {2}T4 fp32 +32\.62402 +- +-$/m);
});

test('a card that does not exist is one sentence with those that do', async () => {
  const { code, stdout, stderr } = await place.topfive('models', 'show', 'EfficientNetB9');
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^error: there is no card "EfficientNetB9"; the cards are [^\n]*EfficientNetB7[^\n]*\n$/,
  );
});
