import pytest

from translate.engine import CTranslate2Engine, shipped_model
from translate.files import translate_file
from translate.formats import Options
from translate.translator import Translator

TRANSLATOR = Translator(CTranslate2Engine(shipped_model()))


def test_what_the_files_encoding_cannot_hold_is_told_and_left_as_it_was() -> None:
    head = b'msgid ""\nmsgstr "Content-Type: text/plain; charset=US-ASCII\\n"\n\n'
    data = head + b'msgid "The girl is good."\nmsgstr ""\n'
    done = translate_file(TRANSLATOR, "a.po", data, Options(target="de", source="en"))
    assert done.content == data
    assert done.failed == 1
    assert "line 4: 'ä' cannot be written in ascii: save the file as UTF-8" in done.faults


def test_a_file_says_itself_in_which_language_it_is() -> None:
    data = (
        b'<xliff version="2.1" srcLang="en-GB"><file><unit><segment><source>Boot</source></segment>'
        b"</unit></file></xliff>"
    )
    done = translate_file(TRANSLATOR, "a.xlf", data, Options(target="de"))
    assert not done.faults
    assert b"<target>" in done.content


@pytest.mark.parametrize("target", ["de", "fr"])
def test_messages_of_a_marked_up_file_keep_their_syntax(target: str) -> None:
    message = (
        "{n, plural, one {You have one <g id='1'>book</g>.} other {You have # good books &amp;c.}}"
    )
    data = (
        '<xliff version="1.2"><file source-language="en"><body><trans-unit id="1"><source>'
        f"{message}</source></trans-unit></body></file></xliff>"
    ).encode()
    done = translate_file(TRANSLATOR, "a.xlf", data, Options(target=target))
    assert not done.faults
    written = done.content.decode().partition("<target>")[2]
    for syntax in ("{n, plural, one {", "} other {", "}}", "#", "<g id='1'>", "</g>"):
        assert written.count(syntax) == 1
    assert "You" not in written
