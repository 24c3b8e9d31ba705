# The viewer in the browser: its page, and the program that serves it.
FROM debian:trixie-slim AS page
WORKDIR /marquee
# Packages first: they change less often than the sources.
COPY run ./
RUN ./run setup viewer-web
COPY viewer/web/fetch_imgui viewer/web/
RUN viewer/web/fetch_imgui build
COPY CMakeLists.txt CMakePresets.json ./
COPY schemas schemas/
COPY viewer viewer/
RUN ./run viewer-web

# As marquee.Dockerfile begins, so that its packages are here already.
FROM debian:trixie-slim AS build
WORKDIR /marquee
COPY run ./
RUN ./run setup demo
COPY . ./
RUN cmake --preset release -DMARQUEE_BUILD_TESTS=OFF -DMARQUEE_BUILD_BENCH=OFF \
 && cmake --build build/release --target marquee-viewer \
 && strip build/release/marquee-viewer

FROM debian:trixie-slim
# What ldd names in the program; libglfw3, libopengl0 and libstb0 are for a window, and 1 MB.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libcivetweb1 libcurl4t64 libfmt10 libglfw3 libhwy1t64 libisal2 \
      libopengl0 libprometheus-cpp-core1.0 librdkafka1 libsimdjson25 libstb0t64 libtbb12 libtomlplusplus3t64 libxxhash0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin marquee
COPY --from=build /marquee/build/release/marquee-viewer /usr/local/bin/marquee-viewer
COPY --from=page /marquee/build/web/page /usr/local/share/marquee/page
RUN marquee-viewer --version
ENV MARQUEE_PAGE=/usr/local/share/marquee/page
WORKDIR /srv
USER 10001:10001
ENTRYPOINT ["marquee-viewer"]
CMD ["--serve", "0.0.0.0:8501"]
