"""Kafka's jars out of Maven, and the commands that run their classes."""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parents[2] / "build" / "kafka"
OLDEST_JAVA = 17


class BrokersError(RuntimeError):
    """Say in plain words what failed, and what to do."""


def say(text: str) -> None:
    """Tell people what goes on; stdout is for answers."""
    print(f"brokers: {text}", file=sys.stderr, flush=True)


def java() -> tuple[str, str]:
    """Find a Java that Kafka runs on: the program, and what tells one build of it from another. *Errors:* BrokersError."""
    home = os.environ.get("JAVA_HOME")
    program = f"{home}/bin/java" if home else "java"
    if not shutil.which(program):
        raise BrokersError(f"there is no {program}; `./run setup brokers` installs Java {OLDEST_JAVA} or newer")
    told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if not version or int(version[1]) < OLDEST_JAVA:
        raise BrokersError(f"Kafka needs Java {OLDEST_JAVA} or newer; set JAVA_HOME to one. "
                           f"`{program} -version` says: {told.strip()}")
    return program, told


@contextlib.contextmanager
def only_one():
    """Let one process at a time fill the cache; who waited finds it full."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def jars() -> pathlib.Path:
    """Give the folder with Kafka's jars; Maven fetches them unless they are there for this very pom. *Errors:* BrokersError."""
    pom = HERE / "pom.xml"
    # Another pom, another folder: running brokers keep theirs.
    folder = CACHE / "jars" / hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    if folder.is_dir():
        return folder
    with only_one():
        if not folder.is_dir():
            _fetch(pom, folder)
    return folder


def _fetch(pom: pathlib.Path, folder: pathlib.Path) -> None:
    if not shutil.which("mvn"):
        raise BrokersError("there is no Maven (mvn) to fetch Kafka's jars with; `./run setup brokers` installs it")
    say(f"fetching Kafka's jars (55 MB) with Maven into {folder}")
    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="partial-") as scratch:
        complete = pathlib.Path(scratch) / "jars"
        maven = subprocess.run(
            ["mvn", "--batch-mode", "--quiet", "-Dstyle.color=never", "--file", str(pom), "dependency:copy-dependencies",
             "-DincludeScope=runtime", f"-DoutputDirectory={complete}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if maven.returncode:
            said = "\n".join(maven.stdout.splitlines()[:8])
            raise BrokersError("Maven could not fetch Kafka's jars: is there a network, or a mirror in ~/.m2/settings.xml? "
                               f"It said:\n{said}")
        complete.rename(folder)


def archive() -> pathlib.Path:
    """Name the file for the classes that a broker loads, ready for the JVM to map: kafka_node.make_archive writes it.

    Only the very Java that wrote it can read it, and only for these jars.
    """
    return jars() / f"classes-{hashlib.sha256(java()[1].encode()).hexdigest()[:12]}.jsa"


def java_command(flags: list[str], log_level: str, main: str, *arguments: str) -> list[str]:
    """Give the command that runs a class of these jars. *Errors:* BrokersError."""
    # Java's serial collector is the cheapest on a small heap; performance data would be a file for each JVM in /tmp.
    return [java()[0], "-XX:+UseSerialGC", "-XX:-UsePerfData", *flags,
            f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}", f"-Dmarquee.log.level={log_level}",
            "-cp", f"{jars()}/*", main, *arguments]


def use_archive() -> list[str]:
    """Give the flags that make use of the archive, if it could be written."""
    return [f"-XX:SharedArchiveFile={archive()}"] if archive().exists() else []


def tool_command(main: str, *arguments: str) -> list[str]:
    """Give the command that runs one of Kafka's console tools, which is over too soon to be worth optimising."""
    return java_command(["-Xmx256m", "-XX:TieredStopAtLevel=1", *use_archive()], "WARN", main, *arguments)
