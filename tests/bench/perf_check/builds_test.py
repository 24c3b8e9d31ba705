#!/usr/bin/env python3
"""Base and head as folders: which files they hold."""
import pathlib
import tempfile
import unittest

import paths  # noqa: F401
import builds

P = pathlib.Path


class Put(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="marquee-perf-check-")
        self.addCleanup(folder.cleanup)
        self.folder = P(folder.name)

    def found(self):
        return {path.relative_to(self.folder): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def test_the_folder_holds_these_files_and_no_others(self):
        builds.put({P("a"): (b"1", 0o644), P("b/c"): (b"2", 0o755)}, self.folder)
        builds.put({P("b/c"): (b"3", 0o755), P("d"): (b"4", 0o644)}, self.folder)
        self.assertEqual(self.found(), {P("b/c"): b"3", P("d"): b"4"})
        self.assertEqual((self.folder / "b" / "c").stat().st_mode & 0o777, 0o755)

    def test_a_file_that_is_right_stays_as_it_is(self):
        builds.put({P("a"): (b"1", 0o644)}, self.folder)
        before = (self.folder / "a").stat().st_mtime_ns
        builds.put({P("a"): (b"1", 0o644), P("b"): (b"2", 0o644)}, self.folder)
        self.assertEqual((self.folder / "a").stat().st_mtime_ns, before)


class WithMeasuring(unittest.TestCase):
    HEAD = {P("bench/perf_check/work.h"): (b"head's", 0o644), P("run"): (b"head's", 0o755)}

    def test_base_measures_with_heads_programs_and_is_base_otherwise(self):
        base = {P("bench/CMakeLists.txt"): (b"add_subdirectory(micro)\n", 0o644), P("run"): (b"base's", 0o755)}
        self.assertEqual(builds.with_measuring(base, self.HEAD),
                         {P("bench/CMakeLists.txt"): (b"add_subdirectory(micro)\nadd_subdirectory(perf_check)\n", 0o644),
                          P("run"): (b"base's", 0o755), P("bench/perf_check/work.h"): (b"head's", 0o644)})

    def test_bases_own_programs_do_not_stay(self):
        base = {P("bench/CMakeLists.txt"): (b"add_subdirectory(perf_check)\n", 0o644), P("bench/perf_check/old.cc"): (b"base's", 0o644)}
        self.assertEqual(set(builds.with_measuring(base, self.HEAD)), {P("bench/CMakeLists.txt"), P("bench/perf_check/work.h")})


if __name__ == "__main__":
    unittest.main()
