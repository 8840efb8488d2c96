"""The layers of CONTRIBUTING.md, held by the import statements of every module."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "flask_mailwright"
SOURCE = Path(__file__).parent.parent / "src" / PACKAGE
VALUES = """address chance envelope errors guard importpath process reply secret timing txt
    world""".split()
MESSAGES = ["attachment", "sealing", "message"]
LAYERS = [VALUES, ["compose", "smtp"], ["lint"], MESSAGES, ["transports"]]
LAYERS += [["staging", "suppression"], ["engines"]]
"""Left to right; all else is the last layer, which alone knows Flask."""
APART = [("compose", "smtp"), ("smtp", "compose")]
APART += [("engines", "transports"), ("engines", "staging")]
APART += [("web", "unsubscribe"), ("unsubscribe", "web")]
"""The first never imports the second, though no layer forbids it."""
ALONE = ["unsubscribe.token", "unsubscribe.path"]
"""They know nothing else of ours, and no Flask."""
READERS = ["transports.console", "transports.suppressing"]
OWNERS = {"jinja2": {"compose.render", "compose.mixing", "web.page"}}
OPTIONAL = (
    "sqlalchemy celery kombu rq cryptography css_inline mistune flask_babel babel dns".split()
)
NO_IDEA = set("utils helpers common base manager service misc".split())


class Use(NamedTuple):
    """One module imports another: ours is named from the package on, others by their root."""

    user: str
    used: str
    ours: bool
    in_function: bool


def _module(file: Path) -> str:
    path = ".".join(file.relative_to(SOURCE).with_suffix("").parts)
    return path.removesuffix("__init__").strip(".")


def _uses(file: Path) -> Iterator[Use]:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    functions = (n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    late = {node for function in functions for node in ast.walk(function)}
    for node in nodes:
        for name in _imported(node, [PACKAGE, *file.relative_to(SOURCE).parts]):
            root, _, rest = name.partition(".")
            ours = root == PACKAGE
            yield Use(_module(file), rest if ours else root, ours, node in late)


def _imported(node: ast.AST, path: list[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    package = path[: -node.level] if node.level else []
    source = ".".join([*package, node.module] if node.module else package)
    names = [f"{source}.{alias.name}" for alias in node.names]
    return [name if name.removeprefix(f"{PACKAGE}.") in MODULES else source for name in names]


MODULES = {_module(file): file for file in sorted(SOURCE.rglob("*.py"))}
USES = {use for file in MODULES.values() for use in _uses(file)}


def _top(module: str) -> str:
    return module.partition(".")[0]


def _rank(module: str) -> int:
    return next((rank for rank, layer in enumerate(LAYERS) if _top(module) in layer), len(LAYERS))


def _told(uses: Iterator[Use]) -> list[str]:
    return sorted(f"{use.user} imports {use.used}" for use in uses)


def test_a_module_imports_only_from_its_left() -> None:
    """Values <- compose, smtp <- lint <- messages <- transports <- staging <- engines <- Flask."""
    assert _told(u for u in USES if u.ours and _rank(u.user) < _rank(u.used)) == []


@pytest.mark.parametrize("pair", APART, ids="-".join)
def test_neighbours_stay_apart(pair: tuple[str, str]) -> None:
    """The wire knows no MIME, what composes no wire, and an engine is handed `deliver_many`.

    The page for readers is none of the developer's.
    """
    assert _told(u for u in USES if u.ours and (_top(u.user), _top(u.used)) == pair) == []


def test_a_transport_does_not_compose() -> None:
    """Sealed mail is delivered as it is; two transports read it, none writes."""
    used = {u for u in USES if (_top(u.user), _top(u.used)) == ("transports", "compose")}
    assert _told(u for u in used if u.user not in READERS or u.used != "compose.mime") == []


def test_flask_is_known_to_the_last_layer_only() -> None:
    """What composes, talks and waits could serve another framework."""
    assert _told(u for u in USES if u.used == "flask" and _rank(u.user) < len(LAYERS)) == []


def test_what_needs_nothing_stays_alone() -> None:
    """What is signed and encrypted can be read in one place."""
    assert _told(u for u in USES if u.user in ALONE and (u.ours or u.used == "flask")) == []


@pytest.mark.parametrize("package", OWNERS)
def test_a_package_has_its_owner(package: str) -> None:
    """A change of that package is answered in one place."""
    assert _told(u for u in USES if u.used == package and u.user not in OWNERS[package]) == []


@pytest.mark.parametrize("package", OPTIONAL)
def test_an_optional_package_is_imported_where_it_is_needed(package: str) -> None:
    """By one module, in the function that needs it."""
    uses = [use for use in USES if use.used == package]
    assert len({use.user for use in uses}) <= 1
    assert all(use.in_function for use in uses)


def test_no_two_modules_need_each_other() -> None:
    """Not even in functions, or for types only."""
    needs = {module: [u.used for u in USES if u.ours and u.user == module] for module in MODULES}
    TopologicalSorter(needs).prepare()


def test_every_module_is_named_after_its_idea() -> None:
    """Those words name none."""
    assert [module for module in MODULES if NO_IDEA.intersection(module.split("."))] == []
