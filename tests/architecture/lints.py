"""What a file of ours may not do, each as a function from a file to its faults."""

import ast
import re

from tests.architecture.sources import Source

CLOCK = "models/clock.py"
LONGEST = 420
"""About 400 lines, so that nobody counts them."""

WAYS_OUT = {
    "models/pool.py": "the databases",
    "models/migrating.py": "the databases",
    "server/attempts.py": "the shop's database",
    "server/messages/smtp.py": "the mail server",
    "server/messages/files.py": "AVOW_DATA",
    "server/secret_files.py": "AVOW_DATA",
    "server/embedded.py": "AVOW_DATA",
    "server/embedded_cluster.py": "AVOW_DATA",
    "server/embedded_guard.py": "AVOW_DATA",
    "server/embedded_locks.py": "AVOW_DATA",
    "server/identity/http.py": "a partner, whose region is its agreement's",
    "server/generated.py": "the repository; nothing in it is about anybody",
    "models/making.py": "the repository; nothing in it is about anybody",
}
"""Which files write to a disk or speak to a server, and where that is; each place has a region (P8.1)."""

# What a disk or a server is written to by.
_WRITES = {"write_text", "write_bytes", "open_connection", "create_connection", "urlopen", "mkstemp"}
_CONNECTS = {"asyncpg.connect", "os.open", "socket.socket", "aiosmtplib.SMTP"}
_CLIENTS = {"httpx", "requests", "aiohttp", "smtplib", "ftplib", "boto3", "redis", "http.client", "urllib.request"}

# What the machine's clock is asked by. `time.monotonic` and `time.perf_counter` measure stretches and are no instants.
_CLOCK_CALLS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}
_SQL_CLOCK = re.compile(r"\b(now\(\)|current_timestamp|current_date|localtimestamp|clock_timestamp\(\))", re.IGNORECASE)
_BANNED_WORDS = {"manager", "helper", "helpers", "util", "utils", "handler", "handlers", "process", "misc"}
_QUERIES = {"filter", "exclude", "get", "get_or_none", "where", "Q", "order_by", "values", "values_list", "annotate"}
_STATEMENTS = {"fetch", "execute", "execute_query", "execute_query_dict"}


def too_long(source: Source) -> list[str]:
    """Find a file that nobody reads in one go."""
    count = len(source.text.splitlines())
    if source.is_generated or count <= LONGEST:
        return []
    return [f"{source.path} has {count} lines; split it, about 400 are enough."]


def asks_the_clock(source: Source) -> list[str]:
    """Find what would not follow when the clock module is moved."""
    if source.path == CLOCK or source.is_generated:
        return []
    faults = [
        f"{source.path}:{node.lineno} asks the machine for the time; ask `models.clock`."
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and (_dotted(node.value).rpartition(".")[2], node.attr) in _CLOCK_CALLS
    ]
    return faults + [
        f"{source.path}:{node.lineno} asks the database for the time; pass `models.clock.now()` as a value."
        for node in _texts(source.tree)
        if _SQL_CLOCK.search(str(node.value))
    ]


def reads_the_environment(source: Source) -> list[str]:
    """Find what is configured past the settings."""
    return [
        f"{source.path}:{node.lineno} reads the environment; take it from `server.settings` as an argument."
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Attribute) and _dotted(node) in ("os.environ", "os.environb", "os.getenv"))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {alias.name for alias in node.names} & {"environ", "environb", "getenv"}
        )
    ]


def reaches_out(source: Source) -> list[str]:
    """Find what writes to a disk or speaks to a server without a place that has a region; listening does neither."""
    if source.path in WAYS_OUT or source.path == "server/serving.py":
        return []
    return [
        f"{source.path}:{node.lineno} stores or sends something; take a `server.places.Place`, and list the file here."
        for node in ast.walk(source.tree)
        if (
            isinstance(node, ast.Call)
            and (_called(node) in _WRITES or _dotted(node.func) in _CONNECTS or _opens_to_write(node))
        )
        or (isinstance(node, ast.Import) and {alias.name for alias in node.names} & _CLIENTS)
        or (isinstance(node, ast.ImportFrom) and node.module in _CLIENTS)
    ]


def makes_a_place(source: Source) -> list[str]:
    """Find places that were made without being declared, so that nobody asked for their region."""
    if source.path == "server/places.py":
        return []
    return [
        f"{source.path}:{node.lineno} makes a `Place`; call `server.places.declared`."
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and _called(node) == "Place"
    ]


def bears_an_empty_name(source: Source) -> list[str]:
    """Find modules and classes whose name says nothing of what is in them."""
    module = source.path.rpartition("/")[2].removesuffix(".py")
    named = [(module, 1)] + [
        (node.name, node.lineno) for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)
    ]
    return [
        f"{source.path}:{line} is called `{name}`; call it for what it is about."
        for name, line in named
        if name.lower() == "data" or _BANNED_WORDS & set(_words(name))
    ]


def lacks_a_docstring(source: Source) -> list[str]:
    """Find modules that do not say in one line what they are for; one with nothing in it needs not."""
    if not source.text.strip():
        return []
    said = (ast.get_docstring(source.tree) or "").splitlines()
    if not said:
        return [f"{source.path} has no docstring; say in one line what it is for."]
    if not said[0].rstrip().endswith(".") or (len(said) > 1 and said[1].strip()):
        return [f"{source.path}: the docstring does not begin with one sentence on a line of its own."]
    return []


def queries_by_computed_names(source: Source) -> list[str]:
    """Find queries whose columns, paths or operators are computed: a client's word could become one."""
    return [
        f"{source.path}:{node.lineno} queries by computed names; write each column out, and pass values only."
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and _called(node) in _QUERIES and _has_computed_names(node)
    ]


def composes_sql(source: Source) -> list[str]:
    """Find statements that are put together where they are run; outside of models a statement is a constant."""
    return [
        f"{source.path}:{node.lineno} composes a statement; write it out, and pass values as parameters."
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and _called(node) in _STATEMENTS
        and node.args
        and any(
            isinstance(part, ast.JoinedStr | ast.BinOp) or _called(part) == "format" for part in ast.walk(node.args[0])
        )
    ]


def _opens_to_write(call: ast.Call) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    texts = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return _called(call) == "open" and any(len(text) <= 3 and set(text) & set("wax+") for text in texts)


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _has_computed_names(call: ast.Call) -> bool:
    for keyword in call.keywords:
        if keyword.arg is None and not _is_literal_mapping(keyword.value):
            return True
    is_query = _called(call) in ("order_by", "values", "values_list")
    return is_query and any(not isinstance(argument, ast.Constant) for argument in call.args)


def _is_literal_mapping(value: ast.expr) -> bool:
    return isinstance(value, ast.Dict) and all(isinstance(key, ast.Constant) for key in value.keys)


def _texts(tree: ast.Module) -> list[ast.Constant]:
    bodies = [
        node.body
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    docstrings = {body[0].value for body in bodies if body and isinstance(body[0], ast.Expr)}
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings
    ]


def _dotted(node: ast.expr) -> str:
    """Write a name with dots, such as `os.environ`; anything else is empty."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
