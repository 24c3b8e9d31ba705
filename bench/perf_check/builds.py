"""Base and head as two folders that lie alike, each with its build: source/ and build/ below build/perf-check/{base,head}."""
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MEASURING = pathlib.Path("bench/perf_check")
BENCH, ADDED = pathlib.Path("bench/CMakeLists.txt"), b"add_subdirectory(perf_check)\n"
PROGRAMS = ("perf_bin", "perf_model", "perf_stages", "perf_structure", "perf_copies")


class PerfCheckError(Exception):
    """Nothing can be said about base and head."""


def say(text: str) -> None:
    print(f"perf-check: {text}", file=sys.stderr, flush=True)


def git(*arguments: str) -> bytes:
    ran = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, check=False)
    if ran.returncode:
        raise PerfCheckError(f"git {' '.join(arguments)}: {ran.stderr.decode().strip()}")
    return ran.stdout


@dataclasses.dataclass(frozen=True)
class Tree:
    """One of the two that are compared."""

    name: str  # "base" or "head"
    folder: pathlib.Path

    @property
    def source(self) -> pathlib.Path:
        return self.folder / "source"

    @property
    def build(self) -> pathlib.Path:
        return self.folder / "build"

    def program(self, name: str) -> pathlib.Path | None:
        """A measuring program; None if it could not be built."""
        path = self.build / "bench" / name
        return path if path.exists() else None


def put(files: dict[pathlib.Path, tuple[bytes, int]], folder: pathlib.Path) -> None:
    """Make `folder` hold these files and no others; those that are right already stay untouched, so that nothing of them is built anew."""
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path.relative_to(folder) not in files:
            path.unlink()
    for name, (content, mode) in files.items():
        path = folder / name
        if path.is_file() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)


def _files_of_commit(commit: str) -> dict[pathlib.Path, tuple[bytes, int]]:
    # An archive, not a worktree: nothing of it stays behind in the repository.
    files = {}
    with subprocess.Popen(["git", "-C", ROOT, "archive", commit], stdout=subprocess.PIPE) as process:
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for member in archive:
                if member.isfile():
                    files[pathlib.Path(member.name)] = (archive.extractfile(member).read(), member.mode)
    return files


def _files_as_they_are() -> dict[pathlib.Path, tuple[bytes, int]]:
    names = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").decode().split("\0")
    paths = [pathlib.Path(name) for name in names if name and (ROOT / name).is_file()]
    return {path: ((ROOT / path).read_bytes(), (ROOT / path).stat().st_mode & 0o777) for path in paths}


def with_measuring(files: dict, head: dict) -> dict:
    """Base's files, with the measuring programs of head: only what is measured in the same way can be compared."""
    files = {path: file for path, file in files.items() if not path.is_relative_to(MEASURING)}
    files |= {path: file for path, file in head.items() if path.is_relative_to(MEASURING)}
    content, mode = files.get(BENCH, (b"", 0o644))
    if ADDED not in content:
        files[BENCH] = (content + ADDED, mode)
    return files


def build(tree: Tree, programs: tuple[str, ...] = PROGRAMS) -> None:
    """Build a tree as users' builds are, with symbols. Of base, a measuring program may be missing afterwards.
    Raises PerfCheckError."""
    # What is the same in both is compiled once: ccache sees paths from the tree's folder on only.
    environment = {**os.environ, "CCACHE_BASEDIR": str(tree.folder), "CCACHE_NOHASHDIR": "1"}
    log = tree.folder.with_suffix(".log")

    def run(*command: str | os.PathLike) -> int:
        with log.open("ab") as output:
            return subprocess.run(command, cwd=tree.source, env=environment, stdout=output, stderr=output, check=False).returncode

    log.write_bytes(b"")
    say(f"build: {tree.name} (log: {log.relative_to(ROOT)})")
    if run("cmake", "--preset", "bench", "-B", tree.build, "-DMARQUEE_WARNINGS_AS_ERRORS=OFF") != 0:
        raise PerfCheckError(f"{tree.name} cannot be configured; see {log}")
    for program in programs:
        if run("cmake", "--build", tree.build, "--target", program, "--", "--quiet") != 0:
            if tree.name == "head":
                raise PerfCheckError(f"{program} cannot be built; see {log}")
            (tree.build / "bench" / program).unlink(missing_ok=True)  # one of an earlier base
            say(f"base has not all that {program} needs (see {log.relative_to(ROOT)}): what it measures is not compared")


def build_both(commit: str, folder: pathlib.Path) -> tuple[Tree, Tree]:
    """Build `commit` and the working tree. Raises PerfCheckError."""
    commit = git("rev-parse", "--verify", f"{commit}^{{commit}}").decode().strip()
    base, head = Tree("base", folder / "base"), Tree("head", folder / "head")
    head_files = _files_as_they_are()
    put(head_files, head.source)
    put(with_measuring(_files_of_commit(commit), head_files), base.source)
    build(base)
    build(head)
    return base, head


def second_copy(path: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """The same program as another file: what is measured of both differs by noise only."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / path.name
    copy.unlink(missing_ok=True)  # it may still run, for a check that was broken off
    return pathlib.Path(shutil.copy2(path, copy))
