"""The weights that ship, decoded by transformers and as Argos Translate decodes, beside Weft."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import ctranslate2
import orjson
import psutil
import torch
from more_itertools import batched
from transformers import GenerationConfig, M2M100ForConditionalGeneration

from tests.benchmarks.interactive import served
from tests.benchmarks.report import Table
from tests.benchmarks.translation_job import SEGMENTS, job, sentences, timed
from translate.card import ModelCard
from translate.engine import shipped_model
from translate.learn.config import Recipe
from translate.learn.train import build_model
from translate.learn.vocabulary import BOS, EOS, PAD
from translate.tokens import Tokenizer
from translate.types import Request

TITLES = 500
EVERY = 10
"""Of so many sentences of the job transformers is given one; it takes minutes for those."""
BATCH, LISTED = 32, 100
LONGEST = 64
TITLE_TOKENS = 12


def run() -> Table:
    """Measure pairs of contestants on the same texts, one thread each."""
    texts = list(islice(sentences(), SEGMENTS))
    some = texts[::EVERY]
    titles = list(islice(_titles(), TITLES))
    own = len(texts) / timed(job(texts))[1]
    transformers = len(some) / timed(_generate(some))[1]
    listed, argos = TITLES / _over_http(titles), TITLES / timed(_one_by_one(titles))[1]
    rows = [
        ("sentences", "transformers `generate`, float32", f"{transformers:,.0f}", ""),
        ("sentences", "a job of Weft", f"{own:,.0f}", f"{own / transformers:.1f} x"),
        ("titles", "Argos' calls: one text at a time, beam 4", f"{argos:,.0f}", ""),
        (
            "titles",
            f"Weft over HTTP, lists of {LISTED}",
            f"{listed:,.0f}",
            f"{listed / argos:.1f} x",
        ),
    ]
    notes = (
        f"{SEGMENTS:,} sentences and {TITLES} titles of {TITLE_TOKENS} tokens, English to German.",
        f"transformers: one in {EVERY} of the sentences, greedy, batches of {BATCH} by length,",
        "one thread, a model of the same shape with random weights, made to give as many tokens",
        "for each batch as ours does.",
        "Argos: the calls of its engine, without the server, its splitting of sentences and HTTP.",
        "Processor time of the process that translates.",
    )
    return Table(("texts", "contestant", "a second of processor time", "ratio"), rows, notes)


def _titles() -> Iterator[str]:
    folder = shipped_model()
    tokenizer = Tokenizer(folder, ModelCard.read(folder))
    return (text for text in sentences() if tokenizer.count(text) == TITLE_TOKENS)


def _rows(texts: Sequence[str]) -> tuple[list[list[str]], list[str], Tokenizer]:
    folder = shipped_model()
    tokenizer = Tokenizer(folder, ModelCard.read(folder))
    requests = [Request(text, "en", "de") for text in texts]
    return tokenizer.rows(requests), list(tokenizer.begin(requests[0])), tokenizer


def _generate(texts: Sequence[str]) -> Callable[[], None]:
    torch.set_num_threads(1)
    rows, begin, _ = _rows(texts)
    batches = list(batched(sorted(rows, key=len), BATCH))
    decoder = ctranslate2.Translator(str(shipped_model()), inter_threads=1, intra_threads=1)
    lengths = [
        max(
            len(result.hypotheses[0])
            for result in decoder.translate_batch(
                list(batch),
                target_prefix=[begin] * len(batch),
                beam_size=1,
                max_decoding_length=LONGEST,
            )
        )
        for batch in batches
    ]
    model, numbers = _reference()

    def work() -> None:
        for batch, length in zip(batches, lengths, strict=True):
            width = max(map(len, batch))
            ids = [[*map(numbers.__getitem__, row), *[PAD] * (width - len(row))] for row in batch]
            tokens = torch.tensor(ids)
            options = GenerationConfig(
                min_new_tokens=length, max_new_tokens=length, num_beams=1, do_sample=False,
                bos_token_id=BOS, pad_token_id=PAD, eos_token_id=EOS, decoder_start_token_id=EOS,
            )  # fmt: skip
            with torch.inference_mode():
                model.generate(tokens, attention_mask=tokens != PAD, generation_config=options)

    return work


def _reference() -> tuple[M2M100ForConditionalGeneration, dict[str, int]]:
    """Return an untrained model of the shipped one's shape, and the numbers of its pieces."""
    folder = shipped_model()
    recipe = Recipe(**ModelCard.read(folder).made_from["recipe"])
    names = orjson.loads((folder / "shared_vocabulary.json").read_bytes())
    model = build_model(recipe, len(names)).float().eval()
    return model, {name: number for number, name in enumerate(names)}


def _one_by_one(texts: Sequence[str]) -> Callable[[], None]:
    """Call CTranslate2 with what argostranslate 1.11 gives it, once for each text of a list."""
    rows, begin, tokenizer = _rows(texts)
    decoder = ctranslate2.Translator(str(shipped_model()), inter_threads=1, intra_threads=1)

    def work() -> None:
        for row in rows:
            [result] = decoder.translate_batch(
                [row], target_prefix=[begin], replace_unknowns=True, max_batch_size=BATCH,
                batch_type="tokens", beam_size=4, num_hypotheses=1, length_penalty=0.2,
                return_scores=True,
            )  # fmt: skip
            tokenizer.text(result.hypotheses[0][1:])

    return work


def _over_http(texts: Sequence[str]) -> float:
    """Return the seconds of processor time that the API takes for lists of texts."""
    with served() as (deployment, client):
        server = psutil.Process(deployment.processes[0].pid)

        def ask(listed: Sequence[str]) -> None:
            body = {"texts": listed, "source": "en", "target": "de"}
            client.post("/v1/translations", json=body).raise_for_status()

        ask(texts[:LISTED])
        before = server.cpu_times()
        for listed in batched(texts, LISTED):
            ask(listed)
        after = server.cpu_times()
    return float(after.user + after.system - before.user - before.system)
