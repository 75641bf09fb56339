/** Logits that another framework computed with the weights of one artifact. */

interface GoldenLogits {
  /** Of the artifact. */
  sha256: string;
  source: string;
  /** The first of them, for `goldenInput`. */
  logits: readonly number[];
}

/** One image of -1 to 1, from integers alone: [1, 3, side, side]. */
export function goldenInput(side: number): Float32Array {
  return Float32Array.from(
    { length: 3 * side * side },
    (_, index) => ((index * 37) % 201) / 100 - 1,
  );
}

/** timm's networks with seeded weights; test/fixtures/architectures says how they were made. */
const source = 'timm 1.0.29 on PyTorch 2.13';

export const goldenLogits: readonly GoldenLogits[] = [
  {
    sha256: '0ddccb88724b513e8dc5a738cbf661cbf66f2b02da709388dda29f9bd3b9ead7',
    source,
    logits: [
      2.209928, -0.436858, 1.813212, 4.049912, 1.615434, 0.23843, 0.21257, -2.913827, 2.827511,
      1.950878,
    ],
  },
  {
    sha256: 'c2e6c737896d6f42c28bf2fce59ea4fe2085357d36d9e051f7e92dd52c330d6c',
    source,
    logits: [
      2.365819, -0.792868, 1.266166, 4.24207, 1.160384, -0.305571, -0.037363, -3.402775, 3.403189,
      2.066672,
    ],
  },
];
