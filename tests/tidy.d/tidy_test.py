#!/usr/bin/python3
"""The checks of tests/tidy can fail: for each a bad example that it finds and a good one that it leaves."""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import arrows  # noqa: E402
import belonging  # noqa: E402
import headers  # noqa: E402
import sizes  # noqa: E402
import words  # noqa: E402
from tree import Tree, blank  # noqa: E402

CMAKE = """
fracas_folder(core)
fracas_folder(json DEPENDS core EXTERNAL simdjson::simdjson)
target_link_libraries(fracas_ports INTERFACE fracas_core)
fracas_folder(kafka DEPENDS core ports EXTERNAL PkgConfig::rdkafka)
fracas_folder(app DEPENDS core json kafka)
"""


def found(check, files: dict[str, str], executable=()) -> list[str]:
    return [str(problem) for problem in check(Tree(files, set(executable)))]


class Case(unittest.TestCase):
    def finds(self, check, files, text, executable=()):
        problems = found(check, files, executable)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(text, problems[0])

    def leaves(self, check, files, executable=()):
        self.assertEqual(found(check, files, executable), [])


class Arrows(Case):
    def tree(self, path, text):
        return {"processor/CMakeLists.txt": CMAKE, path: text}

    def test_wrong_way(self):
        self.finds(arrows.check_arrows, self.tree("processor/core/a.cc", '#include "json/scan.h"\n'),
                   "processor/core/a.cc:1: core/ may not see json/")

    def test_sibling(self):
        self.finds(arrows.check_arrows, self.tree("processor/kafka/a.cc", '#include "json/scan.h"\n'),
                   "may not see json/")

    def test_declared_and_own_folder(self):
        self.leaves(arrows.check_arrows,
                    self.tree("processor/kafka/a.cc", '#include "kafka/a.h"\n#include "ports/source.h"\n'))

    def test_name_without_folder(self):
        self.finds(arrows.check_arrows, self.tree("processor/core/a.cc", '#include "b.h"\n'), "folder/file.h")

    def test_folder_without_line(self):
        self.finds(arrows.check_arrows, self.tree("processor/misplaced/a.cc", ""), "no fracas_folder line")

    def test_library_away_from_home(self):
        self.finds(arrows.check_homes, {"processor/core/a.cc": "#include <librdkafka/rdkafka.h>\n"},
                   "at home in kafka/")

    def test_library_without_home(self):
        self.finds(arrows.check_homes, {"processor/json/a.cc": "#include <boost/asio.hpp>\n"}, "has no home")

    def test_library_through_header(self):
        self.finds(arrows.check_homes,
                   {"processor/kafka/a.h": "#include <librdkafka/rdkafka.h>\n",
                    "processor/kafka/b.h": '#include "kafka/a.h"\n',
                    "processor/app/c.cc": '#include "kafka/b.h"\n'}, "processor/app/c.cc: sees <librdkafka/")

    def test_library_at_home(self):
        self.leaves(arrows.check_homes, {"processor/kafka/a.cc": "#include <librdkafka/rdkafka.h>\n#include <vector>\n"})

    def test_system_in_core(self):
        self.finds(arrows.check_homes, {"processor/core/a.cc": "#include <unistd.h>\n"}, "does not touch the system")

    def test_map(self):
        rows = ["| `core/` | a | |", "| `json/` | b | core |", "| `ports/` | c | core |", "| `kafka/` | d | core, ports |"]
        files = {"processor/CMakeLists.txt": CMAKE, "processor/README.md": "\n".join(rows + ["| `app/` | e | core |\n"])}
        self.finds(arrows.check_map, files, "the map says that app/ sees ['core']")
        files["processor/README.md"] = "\n".join(rows + ["| `app/` | e | core, json, kafka |\n"])
        self.leaves(arrows.check_map, files)

    def test_thread_in_core(self):
        self.finds(arrows.check_core_is_pure, {"processor/core/a.cc": "#include <thread>\n"}, "<thread> in core/")


class Belonging(Case):
    def test_test_that_is_not_built(self):
        self.finds(belonging.check_cmake_lists,
                   {"tests/core/CMakeLists.txt": "# a_test.cc\n", "tests/core/a_test.cc": "",
                    "tests/CMakeLists.txt": "add_subdirectory(core)", "CMakeLists.txt": "add_subdirectory(tests)"},
                   "a test that is not built: add a_test.cc")

    def test_source_that_is_not_compiled(self):
        self.finds(belonging.check_cmake_lists,
                   {"processor/core/CMakeLists.txt": "target_sources(fracas_core PRIVATE extra_a.cc)",
                    "processor/core/a.cc": "", "processor/CMakeLists.txt": "fracas_folder(core)",
                    "CMakeLists.txt": "add_subdirectory(processor)"}, "never compiled: add a.cc")

    def test_folder_that_is_not_read(self):
        self.finds(belonging.check_cmake_lists, {"tests/x/CMakeLists.txt": "", "CMakeLists.txt": ""}, "never read")

    def test_glob(self):
        self.finds(belonging.check_cmake_lists, {"CMakeLists.txt": "file(GLOB sources *.cc)"}, "list the sources")

    def test_stray_file(self):
        self.finds(belonging.check_every_file_has_a_reason, {"notes.txt": "x", "README.md": "# Title\n"},
                   "notes.txt: no other file names it")

    def test_named_file(self):
        self.leaves(belonging.check_every_file_has_a_reason,
                    {"schemas/codes.yaml": "x", "README.md": "# T\nsee schemas/codes.yaml\n"})

    def test_script_without_bit(self):
        self.finds(belonging.check_scripts, {"deploy/demo": "#!/bin/bash\n"}, "cannot be run")

    def test_bit_without_script(self):
        self.finds(belonging.check_scripts, {"README.md": "# T\n"}, "is executable", executable=["README.md"])

    def test_dead_header(self):
        self.finds(belonging.check_headers_are_used,
                   {"processor/core/a.h": "", "processor/core/a.cc": "// a.h\n"}, "nobody includes it")


class Sizes(Case):
    def body(self, head, lines):
        return head + " {\n" + "  x();\n" * (lines - 2) + "}\n"

    def test_long_function(self):
        self.finds(sizes.check_functions, {"processor/a/a.cc": self.body("void A::F(int b) const", 71)},
                   "A::F has 71 lines")

    def test_function_at_the_ceiling(self):
        self.leaves(sizes.check_functions, {"processor/a/a.cc": self.body("void F()", 70)})

    def test_long_test_and_python(self):
        self.finds(sizes.check_functions, {"tests/a/a_test.cc": self.body("TEST(A, B)", 80)}, "80 lines")
        self.finds(sizes.check_functions, {"a.py": "def f():\n" + "    x()\n" * 70}, "f has 71 lines")

    def test_classes_and_namespaces_are_no_functions(self):
        text = ("namespace a {\n" + "class A final : public B {\n public:\n  A() : b_{1}, c_(2) {\n    f();\n  }\n"
                + "  int x = 1;\n" * 90 + "};\nconst std::array<int, 2> kX = {\n" + "1,\n" * 80 + "};\n}\n")
        self.leaves(sizes.check_functions, {"processor/a/a.cc": text})
        self.assertEqual([(f.name, f.lines) for f in sizes.functions("a.cc", text)], [("A", 3)])

    def test_braces_in_literals_do_not_count(self):
        text = 'void F() {\n  f("}", \'{\', R"({{)");  // {\n}\nvoid G() {\n}\n'
        self.assertEqual([(f.name, f.lines) for f in sizes.functions("a.cc", text)], [("F", 3), ("G", 2)])

    def test_long_file(self):
        self.finds(sizes.check_files, {"processor/a/a.h": "x\n" * 201}, "201 lines (at most 200)")
        self.finds(sizes.check_files, {"README.md": "x\n" * 151}, "at most 150")
        self.finds(sizes.check_files, {"processor/decisions/0001-a.md": "x\n" * 61}, "at most 60")

    def test_full_folder(self):
        self.finds(sizes.check_folders, {f"processor/a/{n}.h": "" for n in range(31)}, "31 files")

    def test_columns_and_blanks(self):
        self.finds(sizes.check_lines, {"processor/a/a.h": "x" * 111 + "\n"}, "111 columns")
        self.finds(sizes.check_lines, {"processor/a/a.h": "x \n"}, "blanks at the end")
        self.finds(sizes.check_lines, {"processor/a/a.h": "x"}, "does not end")


class Words(Case):
    def test_clock(self):
        text = "auto t = std::chrono::system_clock::now();\n"
        self.finds(words.check_banned_calls, {"processor/pipeline/a.cc": text}, "ports/clock.h")
        self.leaves(words.check_banned_calls, {"processor/kafka/a.cc": text, "processor/app/clock.cc": text})

    def test_sleep(self):
        self.finds(words.check_banned_calls, {"tests/sim/a_test.cc": "std::this_thread::sleep_for(x);\n"},
                   "wait on what you wait for")

    def test_print_environment_random_exceptions(self):
        for text in ("std::cout << 1;", 'printf("x");', 'std::getenv("A");', "int x = rand();", "throw 1;",
                     "assert(x);", "using namespace std;", "std::exit(1);", "exit(2);"):
            with self.subTest(text):
                self.finds(words.check_banned_calls, {"processor/pipeline/a.cc": text + "\n"}, ":1: ")

    def test_comments_and_literals_do_not_count(self):
        self.leaves(words.check_banned_calls,
                    {"processor/pipeline/a.cc": 'x("std::cout");  // rand() and throw\n/* sleep_for */ app.exit(e);\n'})

    def test_empty_name(self):
        self.finds(words.check_banned_calls, {"processor/core/string_util.h": ""}, "says nothing")

    def test_leftovers(self):
        self.finds(words.check_leftovers, {"a.cc": "// TO" "DO: later\n"}, "do it")
        self.finds(words.check_leftovers, {"a.cc": "  // Foo(bar);\n  // x = y;\n"}, "commented-out code")
        self.leaves(words.check_leftovers, {"a.cc": "// Reads; then writes.\n// And again.\n"})

    def test_how_it_is_made(self):
        for text in ("see /work" "/main/x", "a sub" "agent wrote it", "issue" " 3", "http://registry" ".local/x"):
            with self.subTest(text):
                self.finds(words.check_speaks_of_itself_alone, {"README.md": text}, "README.md:1")
        self.leaves(words.check_speaks_of_itself_alone,
                    {"README.md": "the session timeout of the group; a user agent; build/work/x"})

    def test_markdown(self):
        self.finds(words.check_markdown, {"a.md": "# A\n\n# B\n"}, "2 titles")
        self.finds(words.check_markdown, {"a.md": "# A\n[x](b.md)\n"}, "leads nowhere: b.md")
        self.leaves(words.check_markdown, {"a.md": "# A\n```\n# no title\n```\n[x](b/)\n", "b/c": ""})


class Headers(Case):
    def test_pragma_once(self):
        self.finds(headers.check_pragma_once, {"processor/a/a.h": "#include <a>\n"}, "#pragma once")
        self.leaves(headers.check_pragma_once, {"processor/a/a.h": "// Why.\n\n#pragma once\n"})

    def test_compiles_alone(self):
        root = pathlib.Path(self.enterContext(__import__("tempfile").TemporaryDirectory()))
        (root / "processor").mkdir()
        for name, text in {"bad.h": "#pragma once\nstd::string x();\n", "good.h": "#pragma once\nint x();\n"}.items():
            (root / "processor" / name).write_text(text)
        problems = headers.compile_alone(Tree({"processor/bad.h": "", "processor/good.h": ""}), root, "/nowhere")
        self.assertEqual([p.path for p in problems], ["processor/bad.h"])


class Blank(unittest.TestCase):
    def test_positions_stay(self):
        text = 'a = "x{"; // y\nb = 1\'000; c = \'"\';\n'
        self.assertEqual(len(blank(text)), len(text))
        self.assertNotIn("{", blank(text))
        self.assertIn("1'000", blank(text))


if __name__ == "__main__":
    unittest.main()
