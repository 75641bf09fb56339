/** Where the figures of the cards stand. */

const page = 'PaddleClas docs/en/models/EfficientNet_and_ResNeXt101_wsl_en.md';

export const sources = {
  page,
  /** Measured in 2019 with the recipes of the cards; github.com/PaddlePaddle/models. */
  accuracy: 'PaddlePaddle/models PaddleCV/image_classification/README.md (release/1.7)',
  latency: `${page}: mean of a batch in ms; V100 with TensorRT, copies included, images not; nothing is said of the T4`,
  /** The least of them is ResNet50's: 76.35 with one library, 76.22 with the other. */
  tolerance:
    'another image library moves the accuracy of unchanged weights by 0.13 to 0.74 point: PaddlePaddle/models pull request 1499',
} as const;
