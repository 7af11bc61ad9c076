"""Calls and words that have a better place, each with what to do instead."""

import posixpath
import re
from dataclasses import dataclass

from tree import Problem, Tree, blank, line_of


@dataclass(frozen=True)
class Ban:
    pattern: str
    allowed: str  # paths (regular expression, from the start) where it is at home
    instead: str


# In code: comments and literals do not count.
CALLS = [
    Ban(r"\b(system|steady|high_resolution)_clock\b",
        r"processor/(kafka|app|files|cli/terminal|api/listener)|tests/|bench/",
        "take a Clock (ports/clock.h) or the time as an argument"),
    Ban(r"\b(gettimeofday|clock_gettime|time)\s*\(\s*(nullptr|NULL|0|&|CLOCK)",
        r"processor/(kafka|app|files|cli)/|bench/",
        "take a Clock (ports/clock.h)"),
    Ban(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.>:])sleep\s*\(",
        r"processor/kafka/|tests/(broker|api)/|bench/",
        "wait on what you wait for: a condition, a poll with its limit, a manual clock in tests"),
    Ban(r"\bstd::(cout|cerr|clog)\b|(?<![\w:])(printf|puts|putchar)\s*\(",
        r"processor/(cli|app)/|tests/|bench/",
        "return text or log it; only cli/ prints"),
    Ban(r"(?<![\w:.>])(std::)?s?rand\s*\(|\brandom_device\b",
        r"tests/|bench/", "take a seeded generator as an argument"),
    Ban(r"\b(secure_)?getenv\s*\(",
        r"processor/(config/|app/|cli/terminal|observability/log)|tests/|bench/",
        "read the environment in config/ alone (terminals: NO_COLOR)"),
    Ban(r"\bstd::format\b|#\s*include\s*<format>", r"$", "Cat() of core/text.h: g++ 12 has no std::format"),
    Ban(r"\bsimdjson::(dom|ondemand)\b", r"bench/|tests/",
        "the scan of json/: neither reader of simdjson keeps number text or positions"),
    Ban(r"(?<![\w.>:])(strcpy|strcat|sprintf|gets|atoi|atol|atof|strtok)\s*\(", r"$",
        "std::string, Cat(), std::from_chars"),
    Ban(r"\b(reinterpret_cast<[^>]*>\s*\(\s*const_cast|const_cast<char\s*\*>)",
        r"processor/kafka/|tests/|bench/",
        "keep bytes const: only librdkafka's C interface asks for less"),
    Ban(r"\busing\s+namespace\b", r"$", "name what you use"),
    Ban(r"\bassert\s*\(", r"$", "FRACAS_CHECK (core/check.h), which is on in release builds too"),
    Ban(r"(?<![\w.>:])(std::)?(abort|exit|_exit|quick_exit|terminate)\s*\(",
        r"processor/(core/check\.cc|app/)|tests/|bench/",
        "return a Status; our own bug is a FRACAS_CHECK"),
    Ban(r"\bthrow\b(?!\s*\()",
        r"tests/|bench/", "return a Status: no exception crosses our functions"),
]
NOUNS = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc)(_|\.|$)")

# In every text: no word of how this came to be, no path of one machine, no host of a package mirror.
# The patterns are written so that they do not match themselves.
ELSEWHERE = [
    (re.compile(r"(?<![\w./-])/(work|home/[a-z]+|root|Users)/[\w.]"), "a path of one machine"),
    (re.compile(r"\b(sub-?agents?|co-?pilot|chat ?gpt|clau[d]e|anthropi[c]|language mode[l]s?)\b", re.IGNORECASE),
     "the project speaks of itself alone"),
    (re.compile(r"\b(this|my|our|next|previous) sessio[n]s?\b(?! of (the|a) group)", re.IGNORECASE),
     "the project speaks of itself alone"),
    (re.compile(r"\bissue #?[0-9]+\b", re.IGNORECASE), "say what it is about; numbers of issues are lost"),
    (re.compile(r"https?://[^ /\"]*(registry|repo[0-9]?|proxy|mirror)\.", re.IGNORECASE),
     "the host of a package mirror"),
]
SELF = "tests/tidy.d/"


def check_banned_calls(tree: Tree) -> list[Problem]:
    """Clocks, sleeps, prints, environment, exceptions: each in its place only."""
    problems = []
    for path in tree.cpp("processor", "state", "tests", "bench"):
        code = blank(tree.files[path])
        for ban in CALLS:
            if re.match(ban.allowed, path):
                continue
            for match in re.finditer(ban.pattern, code):
                problems.append(Problem(path, line_of(code, match.start()),
                                        f"{match.group().strip()}: {ban.instead}"))
        if NOUNS.search(posixpath.basename(path)):
            problems.append(Problem(path, 0, "a name that says nothing: name the noun it holds"))
    return problems


def check_leftovers(tree: Tree) -> list[Problem]:
    """No reminders, no merge marks, no commented-out code."""
    mark = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HAC" r"K)\b|^(<{7}|>{7}) ", re.MULTILINE)
    dead = re.compile(r"^[ \t]*//[ \t]*[^\n]*(;|\) \{)[ \t]*$\n[ \t]*//[^\n]*(;|\{|\})[ \t]*$", re.MULTILINE)
    problems = []
    for path, text in sorted(tree.files.items()):
        if path.startswith(SELF) or path == "LICENSE":
            continue
        for match in mark.finditer(text):
            problems.append(Problem(path, line_of(text, match.start()),
                                    f"{match.group().strip()}: do it, or write an issue"))
        if path.endswith((".cc", ".h")):
            for match in dead.finditer(text):
                if re.search(r"//\s*[\w:.>\-]+(\(.*\)|\s*=\s*[^=;]+);\s*$", match.group(), re.MULTILINE):
                    problems.append(Problem(path, line_of(text, match.start()), "commented-out code"))
    return problems


def check_speaks_of_itself_alone(tree: Tree) -> list[Problem]:
    """No text about how the project is made, no machine's path, no mirror's host."""
    problems = []
    for path, text in sorted(tree.files.items()):
        if path.startswith(SELF):
            continue
        for pattern, why in ELSEWHERE:
            for match in pattern.finditer(text):
                problems.append(Problem(path, line_of(text, match.start()), f"{match.group()!r}: {why}"))
    return problems


def check_markdown(tree: Tree) -> list[Problem]:
    """Exactly one title, and links that lead somewhere."""
    problems = []
    for path, text in sorted(tree.files.items()):
        if not path.endswith(".md"):
            continue
        prose = re.sub(r"^```.*?^```", lambda m: re.sub(r"[^\n]", "", m.group()), text,
                       flags=re.MULTILINE | re.DOTALL)
        titles = re.findall(r"^# ", prose, re.MULTILINE)
        if len(titles) != 1 or not prose.startswith("# "):
            problems.append(Problem(path, 1, f"{len(titles)} titles: one '# ' line, the first"))
        for match in re.finditer(r"\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)", prose):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match.group(1)))
            if target not in tree.files and not tree.under(target):
                problems.append(Problem(path, line_of(prose, match.start()), f"leads nowhere: {target}"))
    return problems
