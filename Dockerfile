FROM swift:6.3-bookworm AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libssl-dev zlib1g-dev libcurl4-openssl-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product fedbroker

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates libcurl4 libssl3 zlib1g libstdc++6 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/.build/release/fedbroker /usr/bin/fedbroker
USER 65532:65532
# Mount a memory-backed directory here to share the socket and the token with the containers beside this one.
ENV RUNTIME_DIRECTORY=/run/fedbroker
VOLUME /run/fedbroker
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=2s CMD ["fedbroker", "health"]
ENTRYPOINT ["fedbroker"]
CMD ["serve"]
