"""Settings: what may be set, in which file or environment variable, and a clear word about what may not."""

from __future__ import annotations

import difflib
import os
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from graph.connect import is_neo4j
from recsys.errors import SettingsError

T = TypeVar("T")

PREFIX = "RECSYS_"
NOT_SETTINGS = frozenset({"WORKSPACE", "CONFIG", "REAL_DATA"})
"""Variables with our prefix that mean something else: where the workspace, the settings file, test data are."""


class Section(BaseModel):
    """A group of settings: frozen, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GraphSettings(Section):
    """Where the image-item graph is kept."""

    url: str = Field(
        default="sqlite:///{workspace}/graph.sqlite",
        description="store, a file or neo4j://; `{workspace}` stands for the workspace",
    )


class ImportSettings(Section):
    """How records are brought in."""

    batch: int = Field(
        default=2_000, gt=0, description="images written at once; an interruption loses at most one batch"
    )


class ApiSettings(Section):
    """How the service behaves."""

    graph_required: bool = Field(
        default=False,
        description="whether the service is ready only while the graph can be used, too; always with index.kind neo4j",
    )


class TrainingSettings(Section):
    """What all trainings share."""

    seed: int = Field(default=0, ge=0, description="of every random choice; one seed, one result on a CPU")
    threads: int | None = Field(
        default=None, gt=0, description="of the tensor library; unset: all cores the process may use"
    )


class IndexSettings(Section):
    """Where the vectors of releases are searched."""

    kind: Literal["faiss", "neo4j"] = Field(
        default="faiss", description="in the release's own files, or in the Neo4j server that holds the graph"
    )
    seconds: float = Field(default=2.0, gt=0, description="when a search in the server is given up")


class Settings(BaseSettings):
    """All settings. Sections given as plain tables are validated by the package they configure."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        case_sensitive=False,
    )

    graph: GraphSettings = GraphSettings()
    importing: ImportSettings = ImportSettings()
    encoders: tuple[str, ...] = Field(
        default=("garment", "efficientnet-lite0"), description="embeddings computed of each garment"
    )
    identity: dict[str, Any] = Field(default={}, description="how regions become items")
    checks: dict[str, Any] = Field(default={}, description="thresholds of the acquisition rules")
    graphsage: dict[str, Any] = Field(default={}, description="the graph model")
    bert4rec: dict[str, Any] = Field(default={}, description="the outfit model")
    detector: dict[str, Any] = Field(default={}, description="the detector of garments in photos")
    training: TrainingSettings = TrainingSettings()
    api: ApiSettings = ApiSettings()
    index: IndexSettings = IndexSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment has the last word over the file; a variable that is empty says nothing."""
        return env_settings, init_settings


def load_settings(config: Path | None = None, *, workspace: Path | None = None) -> Settings:
    """Read settings from ``config``, else from the workspace's ``recsys.toml``, and from ``RECSYS_*`` variables.

    Parameters
    ----------
    config
        A TOML file that must exist. None: the workspace's own file, where there is one.
    workspace
        The workspace's folder.

    Raises
    ------
    SettingsError
        The file cannot be read, a key is unknown (the message says which are known), or a value does not fit.
    """
    file = config
    if file is None and workspace is not None and (workspace / "recsys.toml").exists():
        file = workspace / "recsys.toml"
    values = _read(file) if file else {}
    _refuse_unknown_variables()
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(one, file) for one in error.errors())) from error
    _require_server(settings, file)
    return settings


def _require_server(settings: Settings, file: Path | None) -> None:
    """See that vectors which are to be searched in Neo4j have a server to be in."""
    if settings.index.kind == "neo4j" and not is_neo4j(settings.graph.url):
        raise SettingsError(
            f"{file or 'settings'}: index.kind: 'neo4j' given, but graph.url names no Neo4j server; vectors are kept "
            "where the graph is: set graph.url to neo4j://host:port/database, or index.kind to 'faiss'"
        )


def section(name: str, values: dict[str, Any], kind: type[T]) -> T:
    """Turn a plain section into the settings class of the package that it configures.

    Text is taken for numbers and, where it looks like one, for a JSON list: environment variables hold nothing else.

    Raises
    ------
    SettingsError
        A key is unknown or a value does not fit; the message names the key.
    """
    known = (
        [field.name for field in fields(kind)] if is_dataclass(kind) else list(getattr(kind, "__struct_fields__", ()))
    )
    for key in values:
        if key not in known:
            raise SettingsError(f"settings: {name}.{key}: unknown key; {_known(key, known)}")
    try:
        plain = {key: _from_text(value) for key, value in values.items()}
        return msgspec.convert(plain, type=kind, strict=False)
    except (msgspec.MsgspecError, ValueError) as error:
        message, _, place = str(error).partition(" - at `$")
        raise SettingsError(f"settings: {name}{place.rstrip('`')}: {message}") from error


def _from_text(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("["):
        return msgspec.json.decode(value.encode())
    return value


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"{file}: there is no such settings file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: is not TOML: {error}") from error


def _refuse_unknown_variables() -> None:
    for name in os.environ:
        if not name.startswith(PREFIX) or name.removeprefix(PREFIX) in NOT_SETTINGS:
            continue
        section = name.removeprefix(PREFIX).split("__")[0].lower()
        if section not in Settings.model_fields:
            raise SettingsError(f"environment: {name}: unknown; {_known(section, list(Settings.model_fields))}")


def _explain(error: Any, file: Path | None) -> str:
    place = [str(part) for part in error["loc"]]
    variable = PREFIX + "__".join(place).upper()
    where = f"environment: {variable}" if variable in os.environ else f"{file or 'settings'}: {'.'.join(place)}"
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key; {_known(place[-1], _fields_at(place[:-1]))}"
    return f"{where}: {error['msg']}, given {error['input']!r}"


def _fields_at(place: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for name in place:
        inner = model.model_fields[name].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)


def _known(given: str, names: list[str]) -> str:
    close = difflib.get_close_matches(given, names, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"{meant}known are {', '.join(sorted(names))}"
