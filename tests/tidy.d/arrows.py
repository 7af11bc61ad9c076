"""Who may include whom, and which folder is the home of which library."""

import re

from tree import Problem, Tree, line_of

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)

# Third-party header (by prefix) → the folders that may name it. bench/ compares us with other parsers.
HOMES = {
    "simdjson": ("json", "tests/json", "bench"),
    "re2/": ("contract",),
    "xxhash.h": ("control",),
    "yaml-cpp/": ("config",),
    "librdkafka/": ("kafka", "tests/kafka", "tests/broker", "bench"),
    "prometheus/": ("observability", "tests/observability"),
    "spdlog/": ("observability",),
    "rocksdb/": ("state/store", "tests/state"),
    "CLI/": ("cli",),
    "httplib.h": ("api", "tests/api"),
    "zstd.h": ("tools",),
    "gtest/": ("tests",),
    "gmock/": ("tests",),
    "nlohmann/": ("bench", "tests"),
    "rapidjson/": ("bench", "tests"),
    "valijson/": ("bench", "tests"),
    "valgrind/": ("bench",),
}
# The operating system, for the folders that touch the world.
SYSTEM = re.compile(r"(sys/[a-z_]+|net/if|netinet/[a-z]+|arpa/inet|[a-z]+)\.h")
SYSTEM_FOLDERS = ("app", "kafka", "files", "observability", "cli", "api", "config", "contract", "json",
                  "tools", "state/store", "bench", "tests")
STANDARD = re.compile(r"[a-z_0-9]+")  # <vector>, <cstdint>: no dot, no folder
# core/ computes: nothing that waits or touches the world (<chrono> is its calendar; clocks are banned words).
IMPURE = {"thread", "mutex", "condition_variable", "future", "fstream", "iostream", "filesystem",
          "random"}


SOURCES = ("processor", "state")


def declared(tree: Tree) -> dict[str, set[str]]:
    """folder → folders it may include, from processor/CMakeLists.txt and state/CMakeLists.txt."""
    text = tree.files.get("processor/CMakeLists.txt", "")
    allowed: dict[str, set[str]] = {}
    for name, rest in re.findall(r"^fracas_folder\((\w+)([^)]*)\)", text, re.MULTILINE):
        depends = re.search(r"DEPENDS((?:\s+[a-z]\w*)*)", rest)
        allowed[name] = set(map(folder_of, depends.group(1).split())) if depends else set()
    text += tree.files.get("state/CMakeLists.txt", "")
    for name, rest in re.findall(
            r"^target_link_libraries\(fracas_(\w+)\s+(?:INTERFACE|PUBLIC)([^)]*)\)", text, re.MULTILINE):
        found = {folder_of(found) for found in re.findall(r"fracas_(\w+)", rest) if found != "flags"}
        allowed.setdefault(folder_of(name), set()).update(found)
    return allowed


def folder_of(library: str) -> str:
    """state_format, as CMake calls it → state/format."""
    return re.sub(r"^state_", "state/", library)


def drawn(tree: Tree) -> dict[str, set[str]]:
    """The same from the map in processor/README.md."""
    rows = re.findall(r"^\| `([\w/]+)/` \|.*\|([^|]*)\|$", tree.files.get("processor/README.md", ""), re.MULTILINE)
    names = {name for name, _ in rows}
    return {name: names - {name} if sees.strip() == "all" else set(re.findall(r"[\w/]+", sees))
            for name, sees in rows}


def check_map(tree: Tree) -> list[Problem]:
    """The map in processor/README.md shows the folders and arrows of processor/CMakeLists.txt."""
    real, shown = declared(tree), drawn(tree)
    return [Problem("processor/README.md", 0, f"the map says that {name}/ sees {sorted(shown.get(name, set()))}, "
                                              f"CMakeLists.txt {sorted(real.get(name, set()))}")
            for name in sorted(real | shown) if real.get(name) != shown.get(name)]


def home(path: str) -> str:
    """processor/json/scan.cc → json; tests/api/x.cc → tests/api; processor/main.cc → app."""
    parts = path.split("/")
    if parts[0] == "processor":
        return parts[1] if len(parts) > 2 else "app"
    if parts[0] == "state":
        return "/".join(parts[:2])
    return "/".join(parts[:-1])


def includes(text: str) -> list[tuple[int, str, str]]:
    return [(line_of(text, m.start()), m.group(1), m.group(2)) for m in INCLUDE.finditer(text)]


def check_arrows(tree: Tree) -> list[Problem]:
    """A folder includes only itself and its DEPENDS of processor/CMakeLists.txt; who sees ports/ also sees the
    entities that ports speak of."""
    allowed = declared(tree)
    entities = {name for name in allowed.get("ports", ()) if name.startswith("state/")}
    problems = []
    for path in tree.cpp(*SOURCES):
        folder = home(path)
        if folder not in allowed:
            problems.append(Problem(path, 0, f"folder {folder}/ has no fracas_folder line in "
                                             "processor/CMakeLists.txt"))
            continue
        for line, quote, name in includes(tree.files[path]):
            if quote != '"':
                continue
            target = home(name) if name.startswith("state/") else name.split("/")[0]
            if "/" not in name:
                problems.append(Problem(path, line, f'"{name}": write "folder/file.h", from processor/'))
            elif target not in allowed:
                problems.append(Problem(path, line, f'"{name}": not a folder of processor/ or state/'))
            elif target != folder and target not in allowed[folder] | (
                    entities if "ports" in allowed[folder] else set()):
                problems.append(Problem(path, line, f"{folder}/ may not see {target}/ (DEPENDS of {folder} "
                                                    "in processor/CMakeLists.txt); go through a port, or "
                                                    "move the code"))
    return problems


def third_party(name: str) -> str | None:
    return next((prefix for prefix in HOMES if name.startswith(prefix)), None)


def may_name(prefix: str, folder: str) -> bool:
    return any(folder == h or folder.startswith(h + "/") for h in HOMES[prefix])


def check_homes(tree: Tree) -> list[Problem]:
    """Each third-party header is named in its home only, and seen by nobody else through our headers."""
    problems = []
    carriers: dict[str, str] = {}  # our header → the library it shows
    for path in tree.cpp(*SOURCES, "tests", "bench"):
        folder = home(path)
        for line, quote, name in includes(tree.files[path]):
            if quote == '"' or STANDARD.fullmatch(name):
                continue
            prefix = third_party(name)
            if prefix is None:
                top = folder.split("/")[0]
                if not SYSTEM.fullmatch(name):
                    problems.append(Problem(path, line, f"<{name}> has no home: add it to HOMES in "
                                                        "tests/tidy.d/arrows.py"))
                elif folder not in SYSTEM_FOLDERS and top not in SYSTEM_FOLDERS:
                    problems.append(Problem(path, line, f"<{name}>: {folder}/ does not touch the system; "
                                                        "take it through a port"))
                continue
            if not may_name(prefix, folder):
                homes = ", ".join(f"{h}/" for h in HOMES[prefix])
                problems.append(Problem(path, line, f"<{name}> is at home in {homes} alone"))
            if path.startswith(tuple(f"{source}/" for source in SOURCES)) and path.endswith(".h"):
                carriers[path.removeprefix("processor/")] = prefix
    return problems + leaks(tree, carriers)


def leaks(tree: Tree, carriers: dict[str, str]) -> list[Problem]:
    problems = []
    for path in tree.cpp(*SOURCES):
        folder = home(path)
        for name in sorted(reach(tree, path)):
            prefix = carriers.get(name)
            if prefix and not may_name(prefix, folder):
                problems.append(Problem(path, 0, f"sees <{prefix}…> through {name}: hide the library there "
                                                 "behind a forward declaration (pimpl)"))
    return problems


def reach(tree: Tree, path: str) -> set[str]:
    """Our headers that `path` includes, directly or not."""
    seen: set[str] = set()
    waiting = [path]
    while waiting:
        for _, quote, name in includes(tree.files.get(waiting.pop(), "")):
            if quote == '"' and name not in seen:
                seen.add(name)
                waiting.append(name if name.startswith("state/") else f"processor/{name}")
    return seen


def check_core_is_pure(tree: Tree) -> list[Problem]:
    """core/ names no clock, thread or stream of the standard library."""
    return [Problem(path, line, f"<{name}> in core/: time, bytes and waiting come in as arguments")
            for path in tree.cpp("processor/core")
            for line, quote, name in includes(tree.files[path]) if quote == "<" and name in IMPURE]
