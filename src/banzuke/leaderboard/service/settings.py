"""Settings of the service: environment variables ``BANZUKE_*`` over one TOML file."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from banzuke.exceptions import InvalidInputError, StorageError
from banzuke.leaderboard.service.architectures import ARCHITECTURES

CONFIG_VARIABLE = "BANZUKE_CONFIG"
CONFIG_NAME = "banzuke.toml"
SERVICE_FOLDER = "service"


class ServiceSettings(BaseSettings):
    """Everything that an operator may set.

    The environment variable of a field is its name in capitals after ``BANZUKE_``; lists
    are JSON there. The TOML file uses the same names. The environment wins.
    """

    model_config = SettingsConfigDict(env_prefix="BANZUKE_", extra="forbid", frozen=True)

    # where things are
    data: str = Field("banzuke-data", description="Data directory, whose results are shown.")
    database_url: str | None = Field(
        None,
        description="Results database: sqlite:///FILE or postgresql://USER@HOST/NAME. "
        "Default: SQLite in the data directory.",
    )
    execution_url: str | None = Field(
        None,
        description="Database in which DBOS keeps its workflows. Default: the results "
        "database on PostgreSQL (schema dbos), a second file beside it on SQLite.",
    )
    logs_url: str | None = Field(
        None, description="Folder or fsspec URL (s3://...) of the logs of each item."
    )
    public_url: str | None = Field(
        None, description="Address under which people reach the pages, such as https://board.org."
    )

    # what may be submitted
    suites: tuple[str, ...] = Field(("mini",), description="Suites that may be asked for.")
    default_suite: str = Field("mini", description="Suite of a submission that names none.")
    suite_directory: Path | None = Field(
        None, description="Folder of built data sets, for suites that need one."
    )
    max_params_b: float = Field(100.0, gt=0, description="Largest model, in billions.")
    max_shots: int = Field(8, ge=0, le=64, description="Most solved examples in a prompt.")
    max_pending: int = Field(
        20, ge=1, description="Most unfinished submissions of one submitter at a time."
    )
    allowed_architectures: tuple[str, ...] = Field(
        ARCHITECTURES, description="Architectures that workers can run; ['*'] allows any."
    )
    allowed_private_hosts: tuple[str, ...] = Field(
        (),
        description="Hosts, host:port pairs or networks (10.0.0.0/8) that an endpoint may "
        "have although they are private.",
    )
    max_body_bytes: int = Field(65_536, ge=1024, description="Longest body of a request.")

    # how evaluations run
    engine: Literal["none", "openai-compatible", "llama-cpp", "vllm"] = Field(
        "none",
        description="What runs a model that is submitted without an endpoint: none refuses "
        "these, openai-compatible asks engine_url, llama-cpp and vllm start a server.",
    )
    engine_url: str | None = Field(None, description="Address of the operator's own server.")
    model_directory: Path | None = Field(
        None, description="Folder of GGUF files that llama-cpp may be asked for by name."
    )
    engine_threads: int = Field(2, ge=1, description="CPU threads of llama-cpp.")
    vllm_python: str = Field("python", description="A Python that has vLLM.")
    vllm_arguments: tuple[str, ...] = Field(
        (), description="More arguments of vLLM's server, such as --gpu-memory-utilization=0.9."
    )
    request_concurrency: int = Field(8, ge=1, description="Requests at a time a submission.")
    request_timeout_seconds: float = Field(600.0, gt=0, description="Longest wait for an answer.")
    base_style: Literal["alpaca-ja", "raw"] = Field(
        "alpaca-ja", description="Prompt style of base models."
    )
    item_limit: int | None = Field(None, ge=1, description="First items of each data set only.")
    lease_seconds: float = Field(
        60.0, gt=0, description="A worker that is silent for this long has lost its work."
    )
    poll_seconds: float = Field(2.0, gt=0, description="How often an idle worker looks for work.")
    journal_days: float = Field(
        7.0,
        ge=1,
        description="Days that the journal of an evaluation is kept after its submission's last "
        "change; one that waits or runs is always kept.",
    )
    max_attempts: int = Field(
        5, ge=1, description="Workers that may die over one submission before it fails."
    )

    # who may do what
    secret_key: SecretStr | None = Field(
        None, description="Signs cookies; at least 32 characters. Default: made once and kept."
    )
    oidc_issuer: str | None = Field(None, description="OpenID provider, such as https://id.org.")
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_scopes: str = "openid profile email"
    oidc_operators: tuple[str, ...] = Field(
        (),
        description="Subjects at the issuer, or e-mail addresses it has verified, that log in "
        "as operators.",
    )
    oidc_submitters: tuple[str, ...] = Field(
        (),
        description="The same for submitters; @example.org is everyone there. Empty: everyone "
        "who can log in.",
    )
    session_hours: float = Field(12.0, gt=0, description="How long a log-in lasts.")
    cookie_secure: bool | None = Field(
        None, description="Cookies over HTTPS only. Default: where public_url is https."
    )
    cookie_same_site: Literal["lax", "strict"] = "lax"
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Addresses whose X-Forwarded-For is believed."
    )
    rate_limit_submit: str = Field("20/hour", description="Submissions and flags a client.")
    rate_limit_login: str = Field("10/minute", description="Log-in attempts a client.")
    rate_limit_read: str = Field("600/minute", description="Other requests to the API a client.")

    # what the operator sees
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token that /metrics asks for; public without it."
    )

    @field_validator("public_url", "engine_url", "oidc_issuer")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("it must begin with http:// or https://")
        return None if value is None else value.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("it needs 32 characters or more")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is given in code, then the environment, then the TOML file."""
        file = os.environ.get(CONFIG_VARIABLE) or CONFIG_NAME
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    @property
    def folder(self) -> Path:
        """Local folder of the service's own files."""
        if "://" in self.data:
            raise InvalidInputError(
                f"the data directory {self.data} is a URL, so set BANZUKE_DATABASE_URL, "
                "BANZUKE_LOGS_URL and BANZUKE_SECRET_KEY, which have no local default then"
            )
        return Path(self.data) / SERVICE_FOLDER

    @property
    def results_database(self) -> str:
        """SQLAlchemy URL of the results database."""
        if self.database_url is None:
            return f"sqlite:///{self.folder.absolute() / 'results.sqlite'}"
        return _with_driver(self.database_url)

    @property
    def execution_database(self) -> str:
        """SQLAlchemy URL of the database of DBOS."""
        if self.execution_url is not None:
            return _with_driver(self.execution_url)
        results = self.results_database
        if results.startswith("sqlite:///"):
            return f"{results.removesuffix('.sqlite')}-execution.sqlite"
        return results

    @property
    def logs(self) -> str:
        """Folder or fsspec URL of the logs."""
        return self.logs_url or str(self.folder.absolute() / "logs")

    @property
    def cookies_are_secure(self) -> bool:
        """Whether cookies are sent over HTTPS only."""
        if self.cookie_secure is not None:
            return self.cookie_secure
        return (self.public_url or "").startswith("https://")

    @property
    def has_oidc(self) -> bool:
        """Whether people can log in at an OpenID provider."""
        return bool(self.oidc_issuer and self.oidc_client_id)

    @cached_property
    def signing_key(self) -> str:
        """The secret key; made at random on first use and kept where none is set."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        path = self.folder / "secret-key"
        if not path.exists():
            _make_secret(path)
        return path.read_text().strip()


def load_settings(**given: Any) -> ServiceSettings:
    """Read the settings.

    Parameters
    ----------
    **given
        Fields that win over environment and file; None counts as not given.

    Raises
    ------
    InvalidInputError
        Where a value is out of range or a name is unknown; says which.
    """
    file = os.environ.get(CONFIG_VARIABLE)
    if file and not Path(file).is_file():
        raise InvalidInputError(f"{CONFIG_VARIABLE} names {file}, and there is no such file")
    try:
        return ServiceSettings(**{key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(
            f"the setting '{name}' (BANZUKE_{name.upper()}) cannot be used: {first['msg']}"
        ) from None
    except OSError as error:
        raise StorageError(f"the settings cannot be read: {error}") from error
    except ValueError as error:  # TOML that cannot be parsed, JSON in a variable
        raise InvalidInputError(f"the settings cannot be read: {error}") from None


def _make_secret(path: Path) -> None:
    """Keep a random key that only the owner can ever read; another process's wins if first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "wb") as out:
            out.write(secrets.token_urlsafe(48).encode())
            out.flush()
            os.fsync(out.fileno())
        # a link fails where the name is taken, and nobody sees a key half written
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _with_driver(url: str) -> str:
    """Name the driver of a PostgreSQL address, as SQLAlchemy wants it."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return f"postgresql+psycopg://{url.removeprefix(scheme)}"
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return url
    raise InvalidInputError(
        f"{url.partition('://')[0][:30]!r} is no kind of database that banzuke knows; "
        "use sqlite:///FILE or postgresql://USER@HOST/NAME"
    )
