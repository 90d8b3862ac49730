"""A container engine of the tests' own: Debian's podman with a store, networks and settings that nobody else uses."""

import json
import os
import pathlib
import subprocess
import threading

IMAGE = "fedbroker:0.2.0"
# Debian with curl in it; see images.py.
NEIGHBOUR = "docker.io/curlimages/curl:8.11.1"
# What a deployment leaves the daemon: 64 MiB, and no place to write but the volume. podman would add /tmp and /run.
HARDENED = [
    "--read-only", "--read-only-tmpfs=false", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
    "--memory", "64m", "--memory-swap", "64m",
]
# podman's own are more than a machine may be allowed to set.
LIMITS = ["nofile=4096:4096", "nproc=4096:4096"]
# In seconds: a command that takes longer hangs, and fails.
PATIENCE = 60


class EngineError(Exception):
    """A command that failed, with its output."""


class Engine:
    """Keeps everything in `directory`, which is on a file system that overlayfs accepts."""

    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        storage, settings = directory / "storage.conf", directory / "containers.conf"
        storage.write_text(f"""
            [storage]
            driver = "overlay"
            graphroot = "{directory}/storage"
            runroot = "/run/containers/storage"
            """)
        settings.write_text(f"""
            [containers]
            log_driver = "k8s-file"
            default_ulimits = {json.dumps(LIMITS)}
            [engine]
            cgroup_manager = "cgroupfs"
            runtime = "runc"
            events_logger = "file"
            static_dir = "{directory}/storage/libpod"
            volume_path = "{directory}/storage/volumes"
            [network]
            network_backend = "netavark"
            network_config_dir = "{directory}/networks"
            """)
        self.environment = os.environ | {"CONTAINERS_STORAGE_CONF": str(storage), "CONTAINERS_CONF": str(settings)}

    def attempt(self, *command):
        """The exit code of a command, and what it wrote to both its outputs."""
        result = self._run(command, stderr=subprocess.STDOUT)
        return result.returncode, result.stdout.strip()

    def run(self, *command, stdin=subprocess.DEVNULL, patience=PATIENCE):
        """What a command writes to its standard output; raises `EngineError` where it fails."""
        result = self._run(command, stdin=stdin, patience=patience)
        if result.returncode != 0:
            end = "\n".join((result.stdout + result.stderr).splitlines()[-40:])
            raise EngineError(f"{' '.join(map(str, command))}: exit {result.returncode}\n{end}".strip())
        return result.stdout.strip()

    def _run(self, command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, patience=PATIENCE):
        return subprocess.run(
            list(map(str, command)), env=self.environment, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr,
            text=True, timeout=patience)

    def podman(self, *arguments, **options):
        return self.run("podman", *arguments, **options)

    def start(self, *arguments):
        """The container that `podman run --detach` starts with these arguments."""
        return Container(self, self.podman("run", "--detach", *arguments))

    def clear(self):
        """Removes every pod, container, volume and network; the images stay."""
        self.podman("pod", "rm", "--all", "--force", "--time", 0)
        # The newest first: one that shares another's network goes before it.
        for container in reversed(self.podman("ps", "--all", "--quiet", "--sort", "created").split()):
            self.podman("rm", "--force", "--time", 0, container)
        self.podman("volume", "rm", "--all", "--force")
        self.podman("network", "prune", "--force")


class Container:
    def __init__(self, engine, name):
        self.engine = engine
        self.name = name

    def inspect(self, field):
        return json.loads(self.engine.podman("inspect", "--format", f"{{{{json {field}}}}}", self.name))

    @property
    def pid(self):
        return self.inspect(".State.Pid")

    @property
    def log(self):
        return self.engine.attempt("podman", "logs", self.name)[1]

    def wait_for(self, text, times=1):
        """Waits for the line of the log that holds `text` for the n-th time; fails where the container ends before."""
        follower = subprocess.Popen(
            ["podman", "logs", "--follow", self.name], env=self.engine.environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        hanging = threading.Timer(PATIENCE, follower.kill)
        hanging.start()
        try:
            seen = ""
            for line in follower.stdout:
                seen += line
                if seen.count(text) >= times:
                    return line
        finally:
            hanging.cancel()
            follower.kill()
            follower.wait()
            follower.stdout.close()
        raise EngineError(f"the log holds {text!r} fewer than {times} times:\n{seen}")

    def exec(self, *command):
        return self.engine.podman("exec", self.name, *command)

    def attempt(self, *command):
        return self.engine.attempt("podman", "exec", self.name, *command)

    def check_health(self):
        """The exit code of the image's health check, and what it wrote."""
        return self.engine.attempt("podman", "healthcheck", "run", self.name)

    def signal(self, name):
        self.engine.podman("kill", "--signal", name, self.name)

    def wait(self):
        """Waits for the end, and returns the exit code."""
        return int(self.engine.podman("wait", self.name))

    def stop(self, seconds=10):
        """Ends it as an orchestrator does; returns the exit code, 137 where it needed SIGKILL after so many seconds."""
        self.engine.podman("stop", "--time", seconds, self.name)
        return self.inspect(".State.ExitCode")

    def memory(self, version_1, version_2):
        """A file of the container's memory cgroup, by its name in each version of cgroups."""
        for line in pathlib.Path(f"/proc/{self.pid}/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if "memory" in controllers.split(","):
                return pathlib.Path(f"/sys/fs/cgroup/memory{path}", version_1).read_text()
        return pathlib.Path(f"/sys/fs/cgroup{path}", version_2).read_text()

    def process_status(self):
        """The fields of proc(5)'s status of the container's first process."""
        lines = pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)
