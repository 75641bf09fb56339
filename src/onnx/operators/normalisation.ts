/** Normalisations and what turns a vector into shares: the shape stays. */
import { type Call, each, input, none, type Operators, plain, same, shaped } from './operator.ts';

export const normalisation: Operators = {
  ...each('Hardmax LRN LogSoftmax LpNormalization MeanVarianceNormalization Softmax', plain(same)),
  BatchNormalization: { infer: withStatistics, macs: none, learnt: [1, 2] },
  ...each('GroupNormalization InstanceNormalization LayerNormalization', {
    infer: same,
    macs: none,
    learnt: [1, 2],
  }),
  RMSNormalization: { infer: same, macs: none, learnt: [1] },
};

/** In training mode the running statistics are outputs too. */
function withStatistics(call: Call) {
  const x = input(call, 0);
  const statistics = shaped(x, x.dims.slice(1, 2));
  return [shaped(x), statistics, statistics, statistics, statistics];
}
