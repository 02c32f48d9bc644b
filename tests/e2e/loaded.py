"""What the process holds from which commands are forked: the command line, and the encoder."""

import api.cli  # noqa: F401
from linkage.embed import load_encoder

DIMENSION = load_encoder("weft-static-11").dimension
