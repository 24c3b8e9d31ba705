# The command line, and nothing else: built on one Debian, run on the same without its compiler.
FROM debian:trixie-slim AS build
WORKDIR /marquee
# Packages first: they change less often than the sources.
COPY run ./
RUN ./run setup demo
COPY . ./
RUN cmake --preset release -DMARQUEE_BUILD_TESTS=OFF -DMARQUEE_BUILD_BENCH=OFF -DMARQUEE_BUILD_VIEWER=OFF \
 && cmake --build build/release --target marquee \
 && strip build/release/marquee \
 && build/release/marquee --version

FROM debian:trixie-slim
# What ldd names in the program above; a name that is none ends the build here.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libcivetweb1 libcurl4t64 libfmt10 libhwy1t64 libisal2 \
      libprometheus-cpp-core1.0 librdkafka1 libsimdjson25 libtbb12 libtomlplusplus3t64 libxxhash0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin marquee
COPY --from=build /marquee/build/release/marquee /usr/local/bin/marquee
RUN marquee --version
# Data are looked for in ./data.
WORKDIR /srv
USER 10001:10001
ENTRYPOINT ["marquee"]
CMD ["--help"]
