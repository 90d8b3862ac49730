"""The images under test, and those that stand in for others: no registry of images is needed.

The Dockerfile is built whole, by buildah. Its two base images are made from minimal Debian roots. The compiler's holds
what Swift needs of Debian; Swift itself is the machine's own, bound in at /toolchain, and the packages that
Package.swift names are those that `swift package resolve` brought to this machine, bound in at /packages.
"""

import json
import os
import pathlib
import subprocess
import sys

import page
from engine import IMAGE, LIMITS, NEIGHBOUR, EngineError

# What the image swift:6.3-bookworm installs of Debian for its compiler.
SWIFT_PACKAGES = [
    "binutils-gold", "ca-certificates", "git", "libc6-dev", "libcurl4", "libedit2", "libgcc-12-dev", "libncurses6",
    "libpython3.11", "libsqlite3-0", "libstdc++-12-dev", "libxml2", "tzdata",
]
DEBIAN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Building and installing depend on the machine and on its mirror of Debian.
BUILD_PATIENCE = 30 * 60


def make_all(engine):
    debian = engine.directory / "root"
    import_root(engine, debian, [], "docker.io/library/debian:bookworm-slim", f"PATH={DEBIAN_PATH}")
    import_root(
        engine, debian, SWIFT_PACKAGES, "docker.io/library/swift:6.3-bookworm", f"PATH=/toolchain/bin:{DEBIAN_PATH}")
    import_root(engine, debian, ["ca-certificates", "curl"], NEIGHBOUR, f"PATH={DEBIAN_PATH}")
    build(engine)


def import_root(engine, root, packages, image, environment):
    """Makes an image of a Debian root with these packages in it."""
    engine.run(".ci/debian-root", root, *packages, patience=BUILD_PATIENCE)
    with subprocess.Popen(["tar", "--directory", root, "--create", "."], stdout=subprocess.PIPE) as archive:
        engine.podman("import", "--quiet", "--change", f"ENV {environment}", "-", image, stdin=archive.stdout)
    if archive.returncode != 0:
        raise EngineError(f"{root} could not be read")
    engine.run("rm", "--recursive", "--force", root)
    print(f"made   {image}", flush=True)


def build(engine):
    """Builds the image by the page's own command; `docker` is a script that hands it to buildah."""
    engine.run("swift", "package", "resolve", patience=BUILD_PATIENCE)
    target = json.loads(subprocess.check_output(["swift", "-print-target-info"]))
    # .../usr/lib/swift
    toolchain = pathlib.Path(target["paths"]["runtimeResourcePath"]).parents[1]
    packages = pathlib.Path(".build/repositories").absolute()
    configuration = engine.directory / "gitconfig"
    configuration.write_text("[safe]\ndirectory = *\n" + "".join(
        f'[url "/packages/{repository.name}"]\ninsteadOf = {origin(repository)}\n'
        for repository in packages.iterdir() if repository.is_dir()))
    bound = {toolchain: "/toolchain", packages: "/packages", configuration: "/etc/gitconfig"}
    volumes = " ".join(f"--volume '{source}:{target}:ro'" for source, target in bound.items())
    # The format: an image in the default one of podman and buildah, OCI's, has no HEALTHCHECK.
    write_docker(engine, f"buildah build --isolation chroot --pull-never --format docker {volumes}")
    engine.run("sh", "-c", page.build_command(), patience=BUILD_PATIENCE)
    print(f"made   {IMAGE}", flush=True)


def origin(repository):
    return subprocess.check_output(["git", "-C", repository, "config", "remote.origin.url"], text=True).strip()


def write_docker(engine, build):
    """Puts a command `docker` first in the engine's PATH: podman, but for two of its commands."""
    directory = engine.directory / "bin"
    directory.mkdir(exist_ok=True)
    docker = directory / "docker"
    # Of the same virtual environment as this script.
    compose = pathlib.Path(sys.executable).with_name("podman-compose")
    # A Compose file's own limits make podman forget those of its settings.
    limits = " ".join(f"--podman-run-args='--ulimit={limit}'" for limit in LIMITS)
    docker.write_text(f"""#!/bin/sh
case $1 in
  build) shift; exec {build} "$@" ;;
  compose) shift; exec {compose} {limits} "$@" ;;
  *) exec podman "$@" ;;
esac
""")
    docker.chmod(0o755)
    engine.environment["PATH"] = f"{directory}:{os.environ['PATH']}"
