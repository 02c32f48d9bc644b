"""RDF documents from outside. What knows how rdflib fails on hostile ones."""

import logging
import re
from typing import Literal
from xml.sax import SAXParseException

from rdflib import Graph
from rdflib.plugins.parsers.notation3 import BadSyntax

from linkage.errors import RdfError

Format = Literal["turtle", "xml", "nt"]
BASE = "http://document.invalid/"
"""What relative addresses are relative to, when a document does not say."""

# it would print a line for each literal that is not what its datatype says
logging.getLogger("rdflib.term").setLevel(logging.ERROR)


def parse(written: bytes, form: Format) -> Graph:
    """Return the statements of a document; RdfError with its line where it is not of the format.

    Nothing is fetched, and entities of XML are not resolved outside of the document.
    """
    try:
        return Graph().parse(data=written, format=form, publicID=BASE)
    except RecursionError as error:
        raise RdfError(None, "is nested too deep") from error
    except UnicodeDecodeError as error:
        line = written.count(b"\n", 0, error.start) + 1
        raise RdfError(line, "is not UTF-8") from error
    except Exception as error:  # on broken text rdflib raises whatever it stumbles on
        raise RdfError(_line(error), _reason(error)) from error


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
