/** What a naming is: the names that one publisher gives to the tensors of a network. */

/** Where a tensor of the network stands in a checkpoint. */
export interface Source {
  name: string;
  /** Stored as [in, out], where the network has [out, in]. */
  transposed: boolean;
}

export interface Naming {
  /** As it is told to a person. */
  title: string;
  /** @param name of a tensor of the network */
  sourceOf(name: string): Source;
}

/** Cuts `blocks.0.0.bn1.running_mean` into its layer and the last word. */
export function splitName(name: string): { layer: string; leaf: string } {
  const dot = name.lastIndexOf('.');
  return { layer: name.slice(0, dot), leaf: name.slice(dot + 1) };
}

/** Paddle's own words for the statistics of batch normalisation. */
const paddleLeaves: Readonly<Record<string, string>> = {
  running_mean: '_mean',
  running_var: '_variance',
};

/** The last word in a Paddle state dict; its linear layers are stored as [in, out]. */
export function paddleSource(
  layer: string,
  { leaf, linear }: { leaf: string; linear: boolean },
): Source {
  const name = `${layer}.${paddleLeaves[leaf] ?? leaf}`;
  return { name, transposed: linear && leaf === 'weight' };
}
