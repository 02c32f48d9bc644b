"""Codes and names of languages, however the callers spell them."""

from collections.abc import Iterable
from functools import lru_cache

NAMES = {
    "af": "Afrikaans", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian",
    "bn": "Bengali", "bs": "Bosnian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh",
    "da": "Danish", "de": "German", "el": "Greek", "en": "English", "eo": "Esperanto",
    "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "ga": "Irish", "gl": "Galician", "gu": "Gujarati", "he": "Hebrew",
    "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian",
    "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh",
    "km": "Khmer", "kn": "Kannada", "ko": "Korean", "la": "Latin", "lb": "Luxembourgish",
    "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam",
    "mn": "Mongolian", "mr": "Marathi", "ms": "Malay", "mt": "Maltese", "my": "Burmese",
    "nb": "Norwegian", "ne": "Nepali", "nl": "Dutch", "oc": "Occitan", "pa": "Punjabi",
    "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "si": "Sinhala", "sk": "Slovak", "sl": "Slovenian", "so": "Somali", "sq": "Albanian",
    "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu",
    "th": "Thai", "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "uz": "Uzbek", "vi": "Vietnamese", "yi": "Yiddish", "zh": "Chinese",
    "zh-hant": "Chinese (traditional)",
}  # fmt: skip
"""English names by code; the codes are the ones this service speaks."""

_ALIASES = {
    "iw": "he", "in": "id", "ji": "yi", "no": "nb", "nn": "nb", "fil": "tl", "zt": "zh-hant",
    "zh-tw": "zh-hant", "zh-hk": "zh-hant", "zh-mo": "zh-hant",
    # ISO 639-2, both kinds: what ONIX and MARC records carry
    "ara": "ar", "bul": "bg", "cat": "ca", "ces": "cs", "cze": "cs", "dan": "da", "deu": "de",
    "ger": "de", "ell": "el", "gre": "el", "eng": "en", "spa": "es", "est": "et", "baq": "eu",
    "eus": "eu", "fin": "fi", "fra": "fr", "fre": "fr", "gle": "ga", "glg": "gl", "heb": "he",
    "hin": "hi", "hrv": "hr", "hun": "hu", "ind": "id", "isl": "is", "ice": "is", "ita": "it",
    "jpn": "ja", "kor": "ko", "lat": "la", "lit": "lt", "lav": "lv", "nob": "nb", "nor": "nb",
    "nno": "nb", "dut": "nl", "nld": "nl", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro",
    "rus": "ru", "slk": "sk", "slo": "sk", "slv": "sl", "srp": "sr", "swe": "sv", "tur": "tr",
    "ukr": "uk", "vie": "vi", "wel": "cy", "cym": "cy", "chi": "zh", "zho": "zh",
}  # fmt: skip


_NOT_LATIN = frozenset({
    "ar", "be", "bg", "bn", "el", "fa", "gu", "he", "hi", "hy", "ja", "ka", "kk", "km", "kn", "ko",
    "lo", "mk", "ml", "mn", "mr", "my", "ne", "pa", "ps", "ru", "si", "sr", "ta", "te", "th", "uk",
    "ur", "yi", "zh", "zh-hant",
})  # fmt: skip


@lru_cache(maxsize=1024)
def canonical(code: str) -> str:
    """Return our code for a language: `EN-US` → `en`, `pt_BR` → `pt`, `ger` → `de`.

    Regions are dropped, except where they tell the script of Chinese. A code that is not known
    comes back in lower case, so that an error can name it.
    """
    plain = code.strip().replace("_", "-").lower()
    subtags = plain.split("-")
    if subtags[0] == "zh" and "hant" in subtags:
        return "zh-hant"
    return next(
        (_ALIASES.get(each, each) for each in (plain, subtags[0]) if each in _ALIASES | NAMES),
        plain,
    )


def is_latin(code: str) -> bool:
    """Tell whether a language is written in Latin letters."""
    return canonical(code) not in _NOT_LATIN


def name(code: str) -> str:
    """Return the English name of a language, or the code where it is not known."""
    return NAMES.get(canonical(code), code)


def resolve(code: str, supported: Iterable[str]) -> str | None:
    """Return the one of the `supported` codes that names the same language, or None."""
    wanted = canonical(code)
    return next((each for each in supported if canonical(each) == wanted), None)
