import * as deepl from "deepl-node";

const [url, key, limitedKey] = process.argv.slice(2);
const client = new deepl.DeepLClient(key, { serverUrl: url, maxRetries: 0 });
const one = await client.translateText("A good book.", "en", "de");
const many = await client.translateText(["A good book.", "42"], null, "fr");
const html = await client.translateText("<p>A <b>good</b> book.</p>", "en", "de", { tagHandling: "html" });
const sources = await client.getSourceLanguages();
const targets = await client.getTargetLanguages();
const wrong = new deepl.DeepLClient("weft_0_wrong", { serverUrl: url, maxRetries: 0 });
const refused = await wrong.translateText("A good book.", "en", "de").catch((error) => error.constructor.name);
const limited = new deepl.DeepLClient(limitedKey, { serverUrl: url, maxRetries: 0 });
await limited.translateText("A good book.", "en", "de");
const { character } = await limited.getUsage();
const exceeded = await limited.translateText("A good book.", "en", "de").catch((error) => error.constructor.name);
console.log(JSON.stringify({ one, many, html, sources, targets, refused, character, exceeded }));
