/** What the model of a card costs, from its architecture: no weights are needed. */
import { type Costs, costsOf } from '../onnx/conventions.ts';
import { describeNetwork } from './architectures/architecture.ts';
import { inputName } from './architectures/network.ts';
import type { ModelCard } from './cards/card.ts';

/** Of one image at the recipe's crop. */
export function costsOfCard({ architecture, recipe, classes }: ModelCard): Costs {
  const { side, tensors, nodes } = describeNetwork({ architecture, side: recipe.crop, classes });
  return costsOf({ inputs: [{ name: inputName }], weights: tensors, nodes }, [1, 3, side, side]);
}
