FROM swift:6.3-bookworm AS build
# No versions: an image that is built again is to have Debian's security updates.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libssl-dev zlib1g-dev libcurl4-openssl-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources Sources
# No test is built, but the package does not load without the folders that its manifest names.
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product fedbroker \
 && strip .build/release/fedbroker

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="fedbroker" \
      org.opencontainers.image.description="Serves cached Amazon Connect federation tokens to its neighbours" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
# The Swift runtime is in the binary; these are the libraries that it loads.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates libcurl4 libssl3 libstdc++6 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && install --directory --owner=65532 --group=65532 --mode=0711 /run/fedbroker
COPY --from=build /src/.build/release/fedbroker /usr/bin/fedbroker
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
# The socket and the token lie here. Mount a memory-backed directory to share them with the containers beside this one;
# nothing else is written, so that the root file system can be read-only.
ENV RUNTIME_DIRECTORY=/run/fedbroker
VOLUME /run/fedbroker
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["fedbroker", "health"]
ENTRYPOINT ["fedbroker"]
CMD ["serve"]
