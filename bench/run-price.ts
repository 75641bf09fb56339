/**
 * What the fourteen on 50,000 images cost on each deployment, and what it costs while nothing runs: the arithmetic from the cards' own
 * multiply-accumulates, with every assumption named. `npx tsx bench/run-price.ts [--utilisation 0.2] [--workers 4]`
 */
import { parseArgs } from 'node:util';
import { hostStartSeconds } from '../src/jobs/fleet-size.ts';
import { groupModels } from '../src/jobs/worker-memory.ts';
import { costsOfCard } from '../src/models/card-cost.ts';
import { cards } from '../src/models/cards.ts';
import { duration, prefixed } from '../src/report/numbers.ts';

const { values } = parseArgs({
  options: {
    utilisation: { type: 'string', default: '0.2' },
    workers: { type: 'string', default: '4' },
  },
});
const utilisation = Number(values.utilisation);
const workers = Number(values.workers);

const images = 50_000;
/** ImageNet's validation set is 6.7 GB. */
const imageBytes = 6.7e9;
/** FP32 without tensor cores, two operations a multiply-accumulate: NVIDIA's figure for the A10, whose sister A10G is the GPU of g5. */
const peakFlops = 31.2e12;
/**
 * USD in us-east-1, as pages about AWS's prices gave them: EC2 on demand in June 2026 (factualminds.com), Fargate in March 2026
 * (wring.co). Spot's share and S3's prices are assumed. Disks, public addresses and the minutes until Batch lets a host go are left out.
 */
const prices = {
  g5xlarge: 1.006,
  spotShare: 0.4,
  fargateCpu: 0.04048,
  fargateGb: 0.004445,
  /** S3 Standard: a GB for a month, and a thousand reads. */
  s3Gb: 0.023,
  s3Reads: 0.0004,
};
const coordinator = { cpus: 1, gb: 4 };

const rows = cards.map((card) => ({ id: card.id, macs: costsOfCard(card).exact.macs }));
const macs = rows.reduce((sum, row) => sum + row.macs, 0) * images;
const work = (2 * macs) / (peakFlops * utilisation);
const paid = work + workers * hostStartSeconds;
const elapsed = work / workers + hostStartSeconds;
const hours = (seconds: number) => seconds / 3600;
const gpu = (rate: number) => hours(paid) * rate;
const coordinating =
  hours(elapsed) * (coordinator.cpus * prices.fargateCpu + coordinator.gb * prices.fargateGb);
/** Of weights in fp32. */
const artifacts = cards.map((card) => ({
  artifact: { bytes: costsOfCard(card).exact.params * 4 },
}));
const weights = artifacts.reduce((sum, { artifact }) => sum + artifact.bytes, 0);
/** Of the A10G. */
const workerMemory = '24GB';
/** Every group of models passes once over the images. */
const passes = groupModels(artifacts, workerMemory).length;
const reads = ((passes * images) / 1000) * prices.s3Reads;
const spot = prices.g5xlarge * prices.spotShare;
const usd = (amount: number) => `$${amount.toFixed(2)}`;

console.log(rows.map(({ id, macs: each }) => `${id.padEnd(30)} ${prefixed(each)}MAC`).join('\n'));
console.log(`
sum of the fourteen × ${images} images       ${prefixed(macs)}MAC
at ${utilisation} of ${peakFlops / 1e12} TFLOPS                 ${duration(work)} of one GPU (assumed, not measured)
${workers} workers, each ${duration(hostStartSeconds)} to start       ${duration(paid)} paid, ${duration(elapsed)} from start to end
g5.xlarge on demand, ${prices.g5xlarge}/h           ${usd(gpu(prices.g5xlarge))}
g5.xlarge Spot, ${spot.toFixed(3)}/h (assumed)      ${usd(gpu(spot))}
coordinator on Fargate                     ${usd(coordinating)}
S3 reads, ${passes} passes of single images       ${usd(reads)}  (packed sets need fewer)
AWS Batch, whole, on Spot                  ${usd(gpu(spot) + coordinating + reads)}
Kubernetes, Spot nodes of the same type    ${usd(gpu(spot) + reads)} and the cluster's own price
while nothing runs: S3 alone               ${usd(((imageBytes + weights) / 1e9) * prices.s3Gb)} a month for ${((imageBytes + weights) / 1e9).toFixed(1)} GB of images and weights`);
