# One image for every function: PULSE_FUNCTION selects the function.
ARG NODE_IMAGE=node:24-bookworm-slim@sha256:2fe369e969550cde8e867afc3fe370b260140cab4a23d467074295b42163d553

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# Only `func` uses handler.cjs.
RUN node infra/bundle.ts --outdir /app && rm /app/handler.cjs && install -d -o node /app/compile-cache
# Node's compile cache is valid for one user and one path, so it is filled as the user and at the path of the functions.
USER node
RUN node infra/compile-cache.ts /app

FROM ${NODE_IMAGE}
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="pulsemesh" \
      org.opencontainers.image.description="The functions of PulseMesh: pulses in, stored once, read back" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
WORKDIR /app
COPY --from=build /app /app
# The last as in settings/node-flags.ts.
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/compile-cache PORT=8080 MALLOC_MMAP_THRESHOLD_=131072
USER 1000:1000
EXPOSE 8080
# Node is process 1, so that SIGTERM reaches it. Neither Node nor the health check needs a shell.
ENTRYPOINT ["node"]
CMD ["main.cjs"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
