"""RDF documents from outside. What knows how rdflib fails on hostile ones."""

import logging
import math
import re
from typing import Any, Literal, Self
from xml.sax import SAXParseException

from rdflib import Graph
from rdflib.plugins.parsers.notation3 import BadSyntax

from linkage.errors import RdfError

Format = Literal["turtle", "xml", "nt"]
BASE = "http://document.invalid/"
"""What relative addresses are relative to, when a document does not say."""

# it would print a line for each literal that is not what its datatype says
logging.getLogger("rdflib.term").setLevel(logging.ERROR)


class _Bounded(Graph):
    """A graph that reads only so many statements: a list of Turtle has one for every byte."""

    def __init__(self, most: float) -> None:
        super().__init__()
        self._most = self._left = most

    def free(self) -> None:
        """Take any more."""
        self._left = math.inf

    def add(self, triple: Any) -> Self:  # noqa: ANN401 - as rdflib types it
        self._left -= 1
        if self._left < 0:
            raise RdfError(None, f"more than {self._most} statements")
        return super().add(triple)


def parse(written: bytes, form: Format, *, max_statements: int | None = None) -> Graph:
    """Return the statements of a document; RdfError with its line where it is not of the format.

    Nothing is fetched, and entities of XML are not resolved outside of the document.
    """
    graph = _Bounded(math.inf if max_statements is None else max_statements)
    try:
        graph.parse(data=written, format=form, publicID=BASE)
    except RdfError:
        raise
    except RecursionError as error:
        raise RdfError(None, "is nested too deep") from error
    except UnicodeDecodeError as error:
        line = written.count(b"\n", 0, error.start) + 1
        raise RdfError(line, "is not UTF-8") from error
    except Exception as error:  # on broken text rdflib raises whatever it stumbles on
        raise RdfError(_line(error), _reason(error)) from error
    graph.free()
    return graph


def turtle(graph: Graph) -> str:
    """Return statements as Turtle; RdfError where some cannot be written."""
    try:
        return graph.serialize(format="turtle")
    except Exception as error:  # of what it read, rdflib cannot write everything
        raise RdfError(None, f"cannot be written back: {_reason(error)}") from error


def _line(error: Exception) -> int | None:
    if isinstance(error, BadSyntax):
        return int(error.lines) + 1
    if isinstance(error, SAXParseException):
        return int(error.getLineNumber() or 0) or None
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, SAXParseException):
        return str(error.getMessage())
    told = re.search(r"Bad syntax \((.*?)\) at", str(error))
    return (told[1] if told else str(error).partition("\n")[0])[:200] or type(error).__name__
