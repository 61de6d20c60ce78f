"""What is refused before a submission is stored, in words that a person understands."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from banzuke.evaluation import SUITES
from banzuke.leaderboard.service.refusals import RefusedRequestError
from banzuke.leaderboard.service.schemas import SubmissionRequest
from banzuke.leaderboard.service.settings import ServiceSettings

AddressCheck = Callable[[str, ServiceSettings], None]
"""Raises InvalidInputError where an endpoint has an address that must not be asked."""


def check_request(
    request: SubmissionRequest,
    settings: ServiceSettings,
    check_address: AddressCheck | None = None,
) -> SubmissionRequest:
    """Refuse what cannot or must not be evaluated here.

    Parameters
    ----------
    request : SubmissionRequest
    settings : ServiceSettings
    check_address : callable, optional
        The rule for endpoints.

    Returns
    -------
    SubmissionRequest
        With the board's own suite where none was named.

    Raises
    ------
    InvalidInputError
        One sentence: what, and what to do.
    """
    request = request.model_copy(update={"suite": request.suite or settings.default_suite})
    _check_suite(request, settings)
    _check_engine(request, settings)
    _check_architecture(request, settings)
    _check_size(request, settings)
    _check_shots(request, settings)
    if request.endpoint is not None:
        _check_endpoint(request.endpoint)
        if check_address is not None:
            check_address(request.endpoint, settings)
    return request


def _check_suite(request: SubmissionRequest, settings: ServiceSettings) -> None:
    if request.suite not in settings.suites:
        suites = ", ".join(settings.suites)
        raise RefusedRequestError(
            "suite",
            "suite_unknown",
            f"this board has no suite '{request.suite}'; it has {suites}",
            suites=suites,
        )
    if request.suite not in SUITES and settings.suite_directory is None:
        raise RefusedRequestError(
            "suite",
            "suite_missing",
            f"the suite '{request.suite}' is not installed on this board yet; ask its operator",
        )


def _check_engine(request: SubmissionRequest, settings: ServiceSettings) -> None:
    if request.endpoint is None and settings.engine == "none":
        raise RefusedRequestError(
            "endpoint",
            "endpoint_needed",
            "this board runs no models itself: name an endpoint, an OpenAI-compatible server "
            "that serves the model",
        )


def _check_architecture(request: SubmissionRequest, settings: ServiceSettings) -> None:
    allowed = settings.allowed_architectures
    if "*" in allowed:
        return
    if request.architecture is None:
        if request.endpoint is None and settings.engine == "vllm":
            raise RefusedRequestError(
                "architecture",
                "architecture_needed",
                "the architecture is missing; give the first name under 'architectures' in the "
                "model's config.json, such as LlamaForCausalLM",
            )
        return
    if request.architecture not in allowed:
        near = _nearest(request.architecture, allowed)
        raise RefusedRequestError(
            "architecture",
            "architecture_near" if near else "architecture_unknown",
            f"the architecture '{request.architecture}' is unknown here"
            f"{f'; did you mean {near}?' if near else '.'} It is the first name under "
            "'architectures' in the model's config.json; ask the operator to add a new one",
            near=near or "",
        )


def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    from rapidfuzz import process

    found = process.extractOne(name, known, score_cutoff=80)
    return None if found is None else str(found[0])


def _check_size(request: SubmissionRequest, settings: ServiceSettings) -> None:
    if request.params_b is not None and request.params_b > settings.max_params_b:
        raise RefusedRequestError(
            "params_b",
            "too_large",
            f"the model has {request.params_b:g} billion parameters, and this board takes "
            f"models up to {settings.max_params_b:g} billion",
            most=f"{settings.max_params_b:g}",
        )


def _check_shots(request: SubmissionRequest, settings: ServiceSettings) -> None:
    if request.shots > settings.max_shots:
        raise RefusedRequestError(
            "shots",
            "too_many_shots",
            f"{request.shots} shots were asked for, and this board gives at most "
            f"{settings.max_shots}",
            most=str(settings.max_shots),
        )


def _check_endpoint(endpoint: str) -> None:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RefusedRequestError(
            "endpoint",
            "endpoint_unreadable",
            f"'{endpoint[:100]}' is not the address of a server; give one such as "
            "https://models.example.org/v1",
        )
    if parts.username or parts.password:
        raise RefusedRequestError(
            "endpoint",
            "endpoint_userinfo",
            "the endpoint holds a user name or password, and endpoints are shown to everybody; "
            "leave them out",
        )
