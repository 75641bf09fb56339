/** Where weights are published: one function a publisher. */
import type { Checkpoint } from './card.ts';

type Licence = Pick<Checkpoint, 'licence' | 'nonCommercial'>;

export const apache: Licence = { licence: 'Apache-2.0', nonCommercial: false };
/** Facebook's weights, and so every conversion of them. */
export const nonCommercial: Licence = { licence: 'CC-BY-NC-4.0', nonCommercial: true };

/** PaddleClas docs/en/algorithm_introduction/ImageNet_models_en.md; the published figures were measured with them. */
export function paddle(name: string, licence: Licence): Checkpoint {
  return {
    publisher: 'PaddleClas',
    url: `https://paddle-imagenet-models-name.bj.bcebos.com/dygraph/${name}_pretrained.pdparams`,
    ...licence,
    measured: true,
  };
}

/** github.com/facebookresearch/WSL-Images, hubconf.py. */
export function facebook(name: string, sha256Prefix: string): Checkpoint {
  return {
    publisher: 'Facebook',
    url: `https://download.pytorch.org/models/${name}-${sha256Prefix}.pth`,
    ...nonCommercial,
    measured: false,
    sha256Prefix,
  };
}

/** github.com/facebookresearch/FixRes, README. */
export function fixRes(name: string): Checkpoint {
  return {
    publisher: 'FixRes',
    url: `https://dl.fbaipublicfiles.com/FixRes_data/FixRes_Pretrained_Models/${name}.pth`,
    ...nonCommercial,
    measured: false,
  };
}

/** github.com/lukemelas/EfficientNet-PyTorch, efficientnet_pytorch/utils.py. */
export function lukemelas(name: string, sha256Prefix: string): Checkpoint {
  return {
    publisher: 'lukemelas',
    url: `https://github.com/lukemelas/EfficientNet-PyTorch/releases/download/1.0/${name}-${sha256Prefix}.pth`,
    ...apache,
    measured: false,
    sha256Prefix,
  };
}

/** @param name of the model and of its training, as on the Hugging Face hub */
export function timm(name: string, licence: Licence): Checkpoint {
  return {
    publisher: 'timm',
    url: `https://huggingface.co/timm/${name}/resolve/main/model.safetensors`,
    ...licence,
    measured: false,
  };
}
