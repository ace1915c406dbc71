"""YAML files checked by pydantic models: unknown keys and wrong types are refused by name."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from monai_blurvae.files import did_you_mean


class Strict(BaseModel):
    """A model that takes no unknown keys and converts no types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Model = TypeVar("Model", bound=BaseModel)


def read_yaml(model: type[Model], path: str | Path, name: str) -> Model:
    """Read a YAML file."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"`{name}` must be a YAML file, got {str(path)!r}, which does not exist")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"`{name}` must be a YAML file, got {path}: {error}") from error
    return checked(model, content, str(path))


def checked(model: type[Model], content: object, where: str) -> Model:
    """Check a file's content."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        schema = model.model_json_schema()
        parts = (schema, *schema.get("$defs", {}).values())
        known = {name for part in parts for name in part.get("properties", {})}
        lines = []
        for problem in error.errors():
            key = "::".join(map(str, problem["loc"])) or "content"
            if problem["type"] == "extra_forbidden":
                reason = (
                    f"unknown key{did_you_mean(key.rpartition('::')[2], known - {key.rpartition('::')[2]})}"
                )
            elif problem["type"] == "missing":
                reason = "must be given"
            else:
                reason = f"{problem['msg'].removeprefix('Value error, ')}, got {problem['input']!r}"
            lines.append(f"`{key}` of {where}: {reason}")
        raise ValueError("\n".join(lines)) from None
