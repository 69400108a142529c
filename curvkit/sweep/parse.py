"""Settings files as they are parsed: TOML, and of YAML what reads as it looks."""

import functools
import re
import tomllib
from pathlib import Path
from typing import Any

from curvkit.core import messages

# Of YAML 1.1 but not 1.2: 1:10 is no 70 to the base of sixty, and 010 no 8.
INT = r"[-+]?(?:0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$"
FLOAT = r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?$"
NAMED = r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"


def parsed(path: Path) -> Any:
    """What a .toml or .yaml file holds; nothing in it is executed.

    Raises:
        ValueError: with one sentence, if it is neither, or not what its name says.
    """
    try:
        # Some editors begin a file with a mark of its byte order.
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8: {error.reason}.") from error
    kinds = {".toml": ("TOML", tomllib.loads), ".yaml": ("plain YAML", _yaml)}
    suffix = ".yaml" if path.suffix == ".yml" else path.suffix
    if suffix not in kinds:
        raise ValueError(
            messages.refusal("--settings", "a file named .toml, .yaml or .yml", path.name)
        )
    kind, read = kinds[suffix]
    try:
        return read(text)
    except RecursionError as error:
        raise ValueError(
            f"{path} is not {kind} that can be read: it is nested too deeply."
        ) from error
    except Exception as error:
        known = type(error).__module__.partition(".")[0] == "yaml"
        if not known and not isinstance(error, ValueError):
            raise
        reason = " ".join(str(error).split())[:160].rstrip(".")
        raise ValueError(f"{path} is not {kind}: {reason}.") from error


def _yaml(text: str) -> Any:
    import yaml

    return yaml.load(text, Loader=_loader())


@functools.cache
def _loader() -> type:
    import yaml
    from yaml import composer

    class Loader(yaml.SafeLoader):
        """YAML without what means something else than it seems to."""

        yaml_implicit_resolvers = {
            first: [each for each in known if each[0].rpartition(":")[2] not in ("int", "float")]
            for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def compose_node(self, parent, index):
            """Refuses what stands for something that was said elsewhere."""
            if self.check_event(yaml.AliasEvent):
                mark = self.peek_event().start_mark
                raise composer.ComposerError(None, None, "an alias is not taken", mark)
            return super().compose_node(parent, index)

        def construct_mapping(self, node, deep=False):
            """Refuses a name that is there twice, of which YAML would keep the last."""
            mapping, seen = super().construct_mapping(node, deep), set()
            for key, _ in node.value:
                name = self.construct_object(key, deep=True)
                if name in seen:
                    reason = f"{messages.shown(name)} is there twice"
                    raise yaml.constructor.ConstructorError(None, None, reason, key.start_mark)
                seen.add(name)
            return mapping

    for kind, pattern, first in (
        ("int", INT, "-+0123456789"), ("float", FLOAT, "-+0123456789."), ("float", NAMED, "-+."),
    ):  # fmt: skip
        tag = f"tag:yaml.org,2002:{kind}"
        Loader.add_implicit_resolver(tag, re.compile(pattern), list(first))
    return Loader
