import { libreTranslate } from "libretranslate-ts";

const [url, key] = process.argv.slice(2);
libreTranslate.setApiEndpoint(url);
libreTranslate.setApiKey(key);
const translated = await libreTranslate.translate("A good book.", "en", "de");
const detected = await libreTranslate.detect("Das ist ein sehr schönes Buch.");
const languages = await libreTranslate.listLanguages();
libreTranslate.setApiKey("weft_0_wrong");
const refused = await libreTranslate.translate("A good book.", "en", "de");
console.log(JSON.stringify({ translated, detected, languages, refused }));
