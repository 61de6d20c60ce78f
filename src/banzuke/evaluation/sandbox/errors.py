"""Errors that can be seen in code without running it."""

from __future__ import annotations

from typing import Any


def code_errors(code: str) -> list[str]:
    r"""Return what certainly fails when the code runs: syntax, undefined names and the like.

    llm-jp-eval asks pylint for its class "error". Pylint is under the GPL; this asks
    pyflakes (MIT), which only parses the text, and leaves out what is no error there: unused
    names and imports, redefinitions, star imports. Pylint's type inference (such as
    ``no-member``) has no counterpart.

    Parameters
    ----------
    code : str

    Returns
    -------
    list of str
        ``"line: message"``, in the order of the lines; empty where nothing was found.

    Examples
    --------
    >>> code_errors("import os\nprint(undefined)")
    ["2: undefined name 'undefined'"]
    >>> code_errors("def f(:")
    ['1: invalid syntax']
    """
    import ast

    from pyflakes.checker import Checker

    try:
        tree = ast.parse(code)
        found = Checker(tree, filename="<answer>").messages
    except SyntaxError as error:
        return [f"{error.lineno or 0}: {error.msg}"]
    except (ValueError, MemoryError, RecursionError) as error:
        return [f"0: {type(error).__name__}: {error}"]
    errors = [m for m in found if type(m).__name__ in _ERRORS]
    return [f"{m.lineno}: {m.message % m.message_args}" for m in sorted(errors, key=_line)]


_ERRORS = frozenset(
    (
        *("UndefinedName", "UndefinedLocal", "UndefinedExport", "DuplicateArgument"),
        *(
            "ReturnOutsideFunction",
            "YieldOutsideFunction",
            "ContinueOutsideLoop",
            "BreakOutsideLoop",
        ),
        *("TwoStarredExpressions", "TooManyExpressionsInStarredAssignment", "DefaultExceptNotLast"),
        *("LateFutureImport", "FutureFeatureNotDefined", "RaiseNotImplemented", "AssertTuple"),
        *("InvalidPrintSyntax", "ForwardAnnotationSyntaxError"),
        *("PercentFormatInvalidFormat", "PercentFormatMixedPositionalAndNamed"),
        *("PercentFormatUnsupportedFormatCharacter", "PercentFormatPositionalCountMismatch"),
        *("PercentFormatMissingArgument", "PercentFormatExpectedMapping"),
        *("PercentFormatExpectedSequence", "PercentFormatStarRequiresSequence"),
        *("StringDotFormatInvalidFormat", "StringDotFormatMissingArgument"),
        "StringDotFormatMixingAutomatic",
    )
)


def _line(message: Any) -> tuple[int, int]:
    return message.lineno, message.col
