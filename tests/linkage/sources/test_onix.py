from io import BytesIO
from pathlib import Path

import pytest

from linkage.sources import ReadOptions, onix, read, xml
from linkage.types import Item, Record, RecordError, Removal

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sources"


def products(content: bytes, options: ReadOptions | None = None) -> list[Record]:
    return list(onix.read(BytesIO(content), options or ReadOptions()))


def message(*inner: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    return f"{head}\n<ONIXMessage>\n" + "\n".join(inner) + "\n</ONIXMessage>\n"


def product(name: str, title: str = "Title", more: str = "") -> str:
    return (
        f"<Product><RecordReference>{name}</RecordReference><Title><TitleType>01</TitleType>"
        f"<TitleText>{title}</TitleText></Title>{more}</Product>"
    )


def titles(records: list[Record]) -> list[str]:
    return [record.title for record in records if isinstance(record, Item)]


def test_every_field_of_a_product_of_2_1() -> None:
    item = next(iter(read(FIXTURES / "onix21_reference.xml")))
    assert item == Item(
        id="gw-1",
        kind="book",
        title="The Lamp Keeper’s Ledger: A Novel",
        creators=("Jörg Brandt",),
        text="A keeper & his accounts.\nOne winter, they do not add up.",
        language="en",
        subjects=("lighthouses", "islands", "debt"),
        identifiers={"isbn13": "9780441172719"},
        published_at="2024-09-15",
        attributes={
            "publisher": "Gullwing & Daughters",
            "imprint": "Low Tide",
            "series": "Tidewater Stories",
            "series_number": "2",
            "product_form": "BC",
            "image": "http://gullwing.example/gw-1.jpg",
            "contributors": [{"name": "Ines Amaral", "role": "B06"}],
            "subject_codes": {"bic": ["FA"]},
        },
    )


def test_a_product_of_3_0_says_the_same_as_of_2_1() -> None:
    old = next(iter(read(FIXTURES / "onix21_reference.xml")))
    (new,) = read(FIXTURES / "onix30_reference.xml")
    assert isinstance(old, Item)
    assert isinstance(new, Item)
    for field in ("kind", "title", "creators", "text", "language", "identifiers", "published_at"):
        assert getattr(new, field) == getattr(old, field), field
    assert new.url == "https://gullwing.example/1"
    assert new.attributes["series"] == "Tidewater Stories"
    assert new.attributes["subject_codes"] == {"thema": ["FBA"]}


@pytest.mark.parametrize(
    ("name", "language", "published_at"),
    [("onix21_short.xml", "de", "2024-09"), ("onix30_short.xml", "en", "2024")],
)
def test_short_tags_are_read(name: str, language: str, published_at: str) -> None:
    (item,) = read(FIXTURES / name)
    assert isinstance(item, Item)
    assert (item.title, item.creators) == ("Salt and Ledger", ("Jörg Brandt",))
    assert (item.language, item.published_at) == (language, published_at)
    assert item.identifiers == {"isbn13": "9780441172719"}
    assert item.text


def test_bad_products_are_reported_by_their_lines_and_lose_no_good_one() -> None:
    records = list(read(FIXTURES / "onix21_reference.xml"))
    assert [each.id for each in records if isinstance(each, Item)] == [
        "gw-1", "gw-2", "gw-4", "gw-8",
    ]  # fmt: skip
    assert [each for each in records if isinstance(each, Removal)] == [Removal("gw-7")]
    failed = [each for each in records if isinstance(each, RecordError) and not each.is_warning]
    assert [(each.line, each.id) for each in failed] == [(48, None), (57, "gw-5"), (59, "gw-6")]
    warnings = [each for each in records if isinstance(each, RecordError) and each.is_warning]
    assert [(each.line, each.id) for each in warnings] == [(42, "gw-2"), (51, "gw-4"), (51, "gw-4")]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-8", None), ("latin-1", "ISO-8859-1"),
        ("cp1252", "windows-1252"), ("cp1252", "ISO-8859-1"), ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"), ("utf-32", "UTF-32"),
        ("iso-8859-15", "iso-8859-15"), ("shift_jis", "Shift_JIS"), ("gb18030", "GB18030"),
        ("koi8-r", "KOI8-R"),
    ],
)  # fmt: skip
def test_every_encoding_is_read(encoding: str, declared: str | None) -> None:
    title = {"shift_jis": "海", "gb18030": "海图", "koi8-r": "Море"}.get(encoding, "Märchen")
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    records = products(message(product("a", title), head=head).encode(encoding))
    assert titles(records) == [title]
    assert len(records) == 1


def test_long_file_in_two_byte_characters_is_read_whole() -> None:
    content = message(*(product(str(n), "Ünd " * 50) for n in range(500)))
    assert len(products(content.encode("utf-16"))) == 500


def test_bytes_of_another_encoding_are_taken_for_the_likeliest_with_a_warning() -> None:
    content = message(product("a", "O@Neil"), product("b", "Patr#cia"), product("c", "Müller $"))
    raw = content.encode().replace(b"@", b"\x92").replace(b"#", b"\xa1").replace(b"$", b"\x80")
    records = products(raw)
    assert titles(records) == ["O’Neil", "Patrícia", "Müller €"]
    assert [each.id for each in records if isinstance(each, RecordError)] == ["a", "b", "c"]


def test_control_characters_and_stray_ampersands_are_mended_with_a_warning() -> None:
    records = products(
        message(product("a", "A\x0bB\x00C &#x1f; & D &amp; E &nosuch; F&G")).encode()
    )
    assert titles(records) == ["A BC & D & E &nosuch; F&G"]
    reasons = [each.reason for each in records if isinstance(each, RecordError)]
    assert any("2 control characters" in reason for reason in reasons)
    assert any("&nosuch;" in reason for reason in reasons)


def test_named_entities_of_html_are_known_and_old_windows_references_too() -> None:
    records = products(message(product("a", "Caf&eacute; &ndash; &#150; &rsquo;&#146;")).encode())
    assert titles(records) == ["Café – – ’’"]
    assert len(records) == 1


def test_entities_of_a_document_type_are_not_expanded_nor_files_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("top secret")
    bombs = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
    head = (
        f'<?xml version="1.0"?><!DOCTYPE ONIXMessage SYSTEM "http://127.0.0.1:9/x.dtd" ['
        f'<!ENTITY b0 "lol">{bombs}<!ENTITY file SYSTEM "file://{secret}">]>'
    )
    records = products(message(product("a", "&b9; &file;"), head=head).encode())
    assert titles(records) == ["&b9; &file;"]


def test_document_type_inside_a_product_is_an_error() -> None:
    inner = '<!DOCTYPE x [<!ENTITY e "e">]>'
    (error,) = products(message(f"<Product>{inner}</Product>").encode())
    assert isinstance(error, RecordError)
    assert error.line == 3


def test_products_with_a_prefix_are_read() -> None:
    content = message(
        '<o:Product xmlns:o="urn:x"><o:RecordReference>a</o:RecordReference>'
        "<o:Title><o:TitleText>T</o:TitleText></o:Title></o:Product>"
    )
    assert titles(products(content.encode())) == ["T"]


def test_cdata_that_looks_like_tags_is_text() -> None:
    text = "<Text><![CDATA[5 < 6 & <b>bold</b>]]></Text>"
    other = f"<OtherText><TextTypeCode>01</TextTypeCode>{text}</OtherText>"
    (item,) = products(message(product("a", more=other)).encode())
    assert isinstance(item, Item)
    assert item.text == "5 < 6 & bold"


def test_comment_that_does_not_end_loses_no_product() -> None:
    records = products(message("<!-- no end", product("a"), product("b")).encode())
    assert titles(records) == ["Title", "Title"]
    assert [each.line for each in records if isinstance(each, RecordError)] == [3]


def test_product_above_the_limit_is_reported_and_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xml, "MAX_RECORD", 200_000)
    records = products(message(product("a", "x" * 900_000), product("b")).encode())
    assert titles(records) == ["Title"]
    (error,) = [each for each in records if isinstance(each, RecordError)]
    assert error.line == 3


def test_product_cut_off_by_the_end_of_the_file_is_reported() -> None:
    whole = message(product("a"), product("b")).encode()
    *good, error = products(whole[: whole.index(b"<RecordReference>b") + 30])
    assert titles(good) == ["Title"]
    assert isinstance(error, RecordError)
    assert error.line == 4


def test_lines_are_told_across_the_pieces_a_file_is_read_in() -> None:
    parts = [product(str(n), "T" * 997) for n in range(300)]
    parts[250] = "<Product><RecordReference>x</RecordReference></Product>"
    (error,) = [r for r in products(message(*parts).encode()) if isinstance(r, RecordError)]
    assert (error.line, error.id) == (253, "x")


@pytest.mark.parametrize("content", [b"", b"<Audience/>", b"\x00\x01", b"no markup at all"])
def test_file_without_a_product_is_an_error(content: bytes) -> None:
    (error,) = products(content)
    assert isinstance(error, RecordError)
    assert "no product" in error.reason


@pytest.mark.parametrize(
    ("form", "kind"),
    [("BC", "book"), ("AJ", "book"), ("EA", "book"), ("DG", "book"), ("VI", "video"),
     ("PC", "product"), ("ZX", "product"), ("DE", "game"), ("", "book"), ("00", "book")],
)  # fmt: skip
def test_form_tells_the_kind(form: str, kind: str) -> None:
    (item,) = products(message(product("a", more=f"<ProductForm>{form}</ProductForm>")).encode())
    assert isinstance(item, Item)
    assert item.kind == kind


@pytest.mark.parametrize(
    ("roles", "creators"),
    [(["A01", "B01"], ["n0"]), (["B01", "E07"], ["n0"]), (["B06"], ["n0"]),
     (["B01", "A32"], ["n0", "n1"]), (["A01", "A12", "A01"], ["n0", "n1", "n2"])],
)  # fmt: skip
def test_creators_are_those_by_whom_it_is(roles: list[str], creators: list[str]) -> None:
    given = "".join(
        f"<Contributor><SequenceNumber>{number + 1}</SequenceNumber><ContributorRole>{role}"
        f"</ContributorRole><PersonName>n{number}</PersonName></Contributor>"
        for number, role in enumerate(roles)
    )
    (item,) = products(message(product("a", more=given)).encode())
    assert isinstance(item, Item)
    assert list(item.creators) == creators


def test_unusable_isbn_and_date_cost_a_warning_and_not_the_book() -> None:
    more = (
        "<ProductIdentifier><ProductIDType>15</ProductIDType><IDValue>9780441172710</IDValue>"
        "</ProductIdentifier><PublicationDate>20241399</PublicationDate>"
    )
    item, *warnings = products(message(product("a", more=more)).encode())
    assert isinstance(item, Item)
    assert (item.published_at, dict(item.identifiers)) == (None, {})
    assert [isinstance(each, RecordError) and each.is_warning for each in warnings] == [True, True]


def test_pairs_cut_in_half_in_utf_16_are_mended_with_a_warning() -> None:
    text = message(product("1"), head='<?xml version="1.0" encoding="UTF-16"?>')
    content = text.encode("utf-16-le").replace("Title<".encode("utf-16-le"), b"T\x00\x00\xd8<\x00")
    item, warning = products(b"\xff\xfe" + content)
    assert isinstance(item, Item)
    assert isinstance(warning, RecordError)
    assert (item.title, warning.is_warning) == ("T\ufffd", True)
    assert "not utf-16" in warning.reason


def test_a_product_whose_beginning_is_missing_or_misspelt_is_told_with_its_line() -> None:
    misspelt = product("2").replace("<Product>", "<Prodct>")
    first, error, third = products(message(product("1"), misspelt, product("3")).encode())
    assert error == RecordError(4, "</Product> closes a record that did not begin")
    assert isinstance(first, Item)
    assert isinstance(third, Item)
