/** Label trouble told from model trouble: what explains a score near chance, and how to mend it. */
import type { LabelFinding } from '../scoring/run-record.ts';
import { percent } from './numbers.ts';

/** Two sentences: the hypothesis with the score that it explains, and what to do. */
export function labelWords(finding: LabelFinding): string {
  const score = `Top-1 is ${percent(finding.score)}, where guessing reaches ${percent(finding.chance)}`;
  const mended = `would be ${percent(finding.explained)}`;
  switch (finding.hypothesis) {
    case 'constant-output':
      return `${score}: ${percent(finding.explained)} of the answers are class ${finding.class}, whatever the image. The model is broken, or its input is: check weights, mean and std.`;
    case 'off-by-one':
      return `${score}, but ${mended} if every label were ${finding.offset > 0 ? 'one higher' : 'one lower'}. ${offsetMend(finding.offset)}`;
    case 'devkit-order':
      return `${score}, but ${mended} if the labels were read as ILSVRC2012 devkit ids from ${finding.first}. The model counts classes by sorted WNID: name the devkit's meta.mat as devkit (--devkit).`;
    case 'permutation':
      return `${score}, but ${mended} if each class were renamed. Labels and model count the classes in different orders: use the class order that the model was trained with.`;
    case 'shuffled-labels':
      return `${score}, though the model is ${percent(finding.confidence)} sure on average and its answers are spread over the classes as the labels are. The labels stand at the wrong images: check the order of the label file.`;
    case 'near-chance':
      return `${score}, and no other order of the labels explains it. Weights and recipe do not belong together, or the labels stand at the wrong images.`;
  }
}

function offsetMend(offset: number): string {
  return offset > 0
    ? 'A head of 1001 classes has a background class in front: give the model classOffset: 1.'
    : 'The labels start at 1, where classes are counted from 0: take one off each.';
}
