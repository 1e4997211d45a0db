"""Makes captions.json and merges.txt beside it: hard texts, open_clip's ids for them, and as much
of CLIP's vocabulary as they need, so that the ids are open_clip's with these merges.

usage: python make_fixtures.py
With open_clip_torch 3.3.0, ftfy 6.3.1 and regex 2026.11.15 on Python 3.11. Run by developers only.
"""

import gzip
import importlib.metadata
import importlib.util
import json
import pathlib
import tempfile

HERE = pathlib.Path(__file__).parent
VERSIONS = {"open_clip_torch": "3.3.0", "ftfy": "6.3.1"}

SENTENCES = {
    "french": "À la mer, l’été : « déjà vu » – œuvre, 50 € où ça ?",
    "german": "Größe „schön“ – Äpfel & Öl, Straße…",
    "spanish": "¿Qué? El niño está aquí: 2½ años ¡sí!",
    "portuguese": "São Paulo às 5, maçã e coração à mão",
    "polish": "Zażółć gęślą jaźń – „kot”",
    "czech": "Příliš žluťoučký kůň úpěl ďábelské ódy",
    "hungarian": "Árvíztűrő tükörfúrógép",
    "turkish": "İstanbul'da ışıklı çiğ köfte",
    "latvian": "Glāžšķūņa rūķīši dzērumā čiepj",
    "icelandic": "Kæmi ný öxi hér ykist þjófum nú bæði víl og ádrepa",
    "vietnamese": "Tiếng Việt: con mèo ở trên thảm",
    "greek": "Ο καλύμνιος σφουγγαράς ΨΙΘΥΡΙΣΕ",
    "russian": "Съешь ещё этих мягких булок — «Ёж»",
    "ukrainian": "Їжак і ґава з’їли щось",
    "hebrew": "שלום עולם",
    "arabic": "قطة على السجادة، ١٢٣",
    "hindi": "बिल्ली चटाई पर है",
    "thai": "แมวบนเสื่อ",
    "chinese": "一只猫在垫子上。",
    "japanese": "マットの上の猫「ニャー」",
    "korean": "매트 위의 고양이",
    "emoji": "👩‍🚀 a ✔ ☕️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 👍🏽",
    "quotes": "“It’s” the ‘best’ — don’t…",
}
MISREADINGS = {
    "latin-1": SENTENCES, "windows-1252": SENTENCES, "windows-1251": SENTENCES,
    "windows-1250": ["polish", "czech", "russian", "emoji", "quotes"],
    "windows-1253": ["greek", "french", "emoji", "quotes"],
    "windows-1254": ["turkish", "french", "russian", "emoji", "quotes"],
    "windows-1257": ["latvian", "polish", "emoji", "quotes"],
    "iso-8859-2": ["polish", "hungarian"],
    "macroman": ["french", "spanish", "german", "greek", "emoji", "quotes"],
    "cp437": ["french", "russian", "emoji", "quotes"],
}

PLAIN = [
    "", " ", "a", "!", "!€", "a cat on a mat!", "A Photo Of THE Dog.", "don't I'll we're he'd it's",
    "'s 't 're 've 'm 'll 'd 'x", "''s", "o'clock'll", "year 2024, 3.14", "x²+½=Ⅷ", "a_b-c/d\\e",
    "a" * 90, "abab" * 40, "the the the", "antidisestablishmentarianism", "C++ & C#", "100%", "#1",
    "<start_of_text>", "<END_OF_TEXT> a", "a<end_of_text>", "!<end_of_text>", "</w>", "a</w>b",
    "<|endoftext|>", "<ſtart_of_text> x", "it'ſ", "x'S y'LL"]
SPACE = [
    " a  b\t\tc\n\nd ", "a\u00a0b", "a\u3000b", "a\u2003b\u2009c\u202fd\u205fe", "a\u200bb\u200cc",
    "a\r\nb\rc", "a\u2028b\u2029c\u0085d", "a\u1680b", "\ufeffa\ufeff", "a\x0bb\x1cc\x1fd\x7f",
    "\x00a\x08", "\x1b[36;44mblue\x1b[0m", "\x1b[x", "\x1b[1;2", "a\ufffcb\ufff9", "\u206aa",
    "a\u00adb", "x\u200ey\u202bz", "\x1b[٣mred"]
REFERENCES = [
    "a &amp; b", "&amp;amp; c", "&amp;amp;amp;amp;lt;", "&lt;b&gt;bold&lt;/b&gt;",
    "<b>a &amp; b</b>",
    "<i>\n&eacute; &amp;amp;", "&eacute;\n<\n&eacute;", "P&EACUTE;REZ &SZLIG; &nTILDE; &NTILDE;",
    "this&not that &notit; &notin;", "&copy 2024 &reg", "&hellip;&mdash;&ldquo;x&rdquo;", "&nbsp;x",
    "&#233;&#xE9;&#Xe9;", "&#233 &#xe9g", "&#0; &#128; &#150; &#x9D; &#1; &#xD800; &#xFFFE;",
    "&#59; &#x3b;", "&#99999999999999999999;", "&# &#; &#x; &; & &&",
    "&CounterClockwiseContourIntegral;",
    "&jscr;ohn &HilbertSpace;", "&NotEqualTilde; &bne;", "&frac12; &FRAC12;", "&Tab;a&NewLine;b",
    "&amp", "&AMP;", "&Amp;", "&lt&gt", "&ampamp;", "&amp;#x1F600;", "&#128512;",
    "&#x1F468;&zwj;&#x1F680;",
    "&aacute&aacute;", "&aacut", "&thinsp;a&ZeroWidthSpace;", "AT&T", "R&D;", "&ETH;&eth;",
    "&THORN",
    "&acE; &acd;", "&#x110000;", "&quot;x&quot; &apos;y&apos; &#39;s"]
FORMS = [
    "ﬁne ﬂuﬀ aﬃx baﬄe ﬅ ﬆ", "Ĳsland ĳs ŉ Ǆ ǅ ǆ Ǉ ǋ ǲ", "ＬＯＵＤ　ＮＯＩＳＥＳ １２！", "ｶﾞｷﾞ ﾊﾟ ﾡ￦￣",
    "“a” ‘b’ „c‟ ‛d’ ʼe", "e\u0301 E\u0301 n\u0303", "\u0301", "q\u0323\u0307 q\u0307\u0323",
    "\u1112\u1161\u11ab", "\ud55c\u11a8 \uac00\u11a8", "\u212b \u2126 \u212a", "\u0344 \u0958",
    "\U00010041\u0301", "ΑΙ\u0345 \u0345x", "e\u0301\u0345\u0301", "ᾳ ᾼ", "①② ㎏ ™ ℡",
    "\U0001d400\u0302",
    "\U00011131\U00011127", "\u0f73\u0f71\u0301"]
CASES = [
    "İstanbul ISPARTA ı", "ΣΊΣΥΦΟΣ ΟΔΟΣ. Σ", "ΑΣ' ΑΣ'Β ΑΣ\u0301 1Σ", "STRASSE ẞ ß", "ǅ Ǆ",
    "Ⓐ Ⅳ", "ПРИВЕТ", "Ꭰ ꭰ", "𐐀𐐨", "Ω K Å", "\u1e9e\u0130"]
LETTERS = [
    "٣٤٥ ४५६ 一二三 Ⅻ ㊿", "ª º ʰ ˆ ˇ", "كِتَاب", "ក្រុម", "ไม้", "漢字かなカナ", "\U00020000\U0002f800",
    "👨‍👩‍👧‍👦👍🏽❤️‍🔥🇩🇪", "☃️ vs ☃", "a\u0300b", "x\u20e3 1️⃣", "\ue000\uf8ff", "\ufffd", "\U0010fffd",
    "¯\\_(ツ)_/¯", "(╯°□°)╯︵ ┻━┻", "ヽ༼ຈل͜ຈ༽ﾉ", "ʕ•ᴥ•ʔ", "½ ¾ ⅓", "№ 5 § 3"]
NOT_DAMAGED = [
    "Él dijo: «sí»", "ÀÉÎÕÜ", "Ångström Å", "naïve café – 50 €", "ÇA VA ? ÇA…", "à côté", "Ã",
    "â", "œuvre",
    "ŒUVRE", "CŒUR", "l’œil", "Ðð Þþ", "ü°", "ÜBER€", "Ünlü®", "10€–20€", "£5 ¥6 ¢7", "×2 ÷ 3",
    "±5°",
    "Ελλάδα ΆΓΙΟΣ", "в Ђ", "βeta", "HÔTEL®", "Ô ©", "ROAÑ™", "║ ═ ╬", "▀▄█", "É¹", "Â", "a Â b",
    "Ã ",
    "SÃO PAULO", "À À\nÀ"]
DAMAGED = [
    "l\u2019humanitÃ©", "sÃ³ cosas", "voilÃ  le travail", "Ã la mode",
    "fÃ cil Ãs Ã s Ã quele Ã quela",
    "Â£5 Â© Â®", "NBSPÂ\u00a0here", "â€œquotesâ€\x9d", "â€œ like this â€�", "donâ€™t â€“ â€¦",
    "â€?", "Ã?",
    "ÃƒÂ©", "ÃƒÆ’Ã‚Â©", "schÃ¶n & schön", "ã\x83\x84", "ï»¿bom", "é\u0085…",
    "\x85\x91x\x92\x99\x81",
    "√©t√© ‚Äôs ‚Äúx‚Äù", "Ã©tÃ© ГўВЂВ“x", "РџСЂРёРІРµС‚ РјРёСЂ", "ÐŸÑ€Ð¸Ð²ÐµÑ‚", "â˜ƒ â˜ ",
    "ðŸ˜Š ðŸ’©", "ð Ÿ˜Š",
    "í\xa0½í¸\x80", "í\xa0\ufffdí¸\x80", "À\x80null", "Ãºnico â€” Ð¸ Ð¼Ð¸Ñ€ œ€", "β€™ ā€™ вЂ™",
    "Î‘Î²", "Ø§Ù„",
    "à²…à¸—", "Ã\ufffd Â?", "\xe2\ufffd\x9c", "æˆ‘çš„", "ä¸\xad", "a Ã b Â c", "Ã a", "Â¿QuÃ©?",
    "×²×³", "Äƒ Å‚ Å¡",
    "├®t├® ┬⌐", "Г© Г¶", "ЎЎ°µ", "вЂњx\u0432Ђќ", "Рў°Р°", "ãƒ†ã‚¹ãƒˆ", "ÃƒÂ¼ber &amp; Ã¼ber",
    "&Atilde;&copy;",
    "Ã&#169;", "â€\u2122", "â‚¬5", "Å“uvre", "Ãœber", "Ã\x9cber", "ÃŸ", "Ã¯Â»Â¿", "â„¢ Â§ Â¶",
    "Ä°stanbul",
    "Ğ¿Ñ€Ğ¸Ğ²ĞµÑ‚", "ÄŤ ĹĄ Ĺľ", "Ď„Îż ĎŚ", "αβ\u03b2€™", "line â€™\nline Ã©\nline é",
    "<Ã©> &eacute;"]


def misread(text, encoding):
    """UTF-8 read in another encoding; what it has no character for stays a control or is lost."""
    return text.encode("utf-8").decode(encoding, "replace")


def groups():
    yield "plain", PLAIN
    yield "white space and controls", SPACE
    yield "HTML references", REFERENCES
    yield "forms of letters", FORMS
    yield "case", CASES
    yield "letters, numbers, symbols", LETTERS
    yield "languages", list(SENTENCES.values())
    yield "not damaged", NOT_DAMAGED
    yield "damaged", DAMAGED
    for encoding, names in MISREADINGS.items():
        yield f"read as {encoding}", [misread(SENTENCES[name], encoding) for name in names]
    twice = [misread(misread(text, "windows-1252"), "windows-1252") for text in SENTENCES.values()]
    yield "read as windows-1252 twice", twice
    yield "no-break spaces lost", [
        misread(text, encoding).replace("\u00a0", " ") for text in SENTENCES.values()
        for encoding in ("latin-1", "windows-1251")]


def check_versions():
    for package, version in VERSIONS.items():
        found = importlib.metadata.version(package)
        if found != version:
            raise SystemExit(f"{package} {found} is here. The fixtures are of {version}.")


def load_tokenizer():
    """open_clip's module of that name alone: the package would ask for torchvision."""
    package = pathlib.Path(importlib.util.find_spec("open_clip").origin).parent
    spec = importlib.util.spec_from_file_location("tokenizer", package / "tokenizer.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def needed_merges(tokenizer, texts):
    """The merges that any of the texts makes, in their order."""
    needed = set()
    for text in texts:
        for word in tokenizer.pat.findall(tokenizer.clean_fn(text)):
            symbols = [tokenizer.byte_encoder[byte] for byte in word.encode("utf-8")]
            symbols[-1] += "</w>"
            while pairs := [pair for pair in zip(symbols, symbols[1:])
                            if pair in tokenizer.bpe_ranks]:
                best = min(pairs, key=tokenizer.bpe_ranks.get)
                needed.add(best)
                place = next(i for i, pair in enumerate(zip(symbols, symbols[1:])) if pair == best)
                symbols[place:place + 2] = ["".join(best)]
    return sorted(needed, key=tokenizer.bpe_ranks.get)


def main():
    check_versions()
    module = load_tokenizer()
    cases = [(name, text) for name, texts in groups() for text in dict.fromkeys(texts)]
    merges = needed_merges(module.SimpleTokenizer(), [text for _, text in cases])
    lines = ["#version: 0.2"] + [" ".join(merge) for merge in merges]
    with tempfile.TemporaryDirectory() as folder:
        # open_clip would take the end of a last line for one more merge.
        with gzip.open(f"{folder}/merges.gz", "wb") as file:
            file.write("\n".join(lines).encode())
        small = module.SimpleTokenizer(f"{folder}/merges.gz")
    (HERE / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = []
    for name, text in cases:
        ids = small.encode(text)
        marks = (small.sot_token_id, small.eot_token_id)
        decoded = small.decode([id for id in ids if id not in marks]).strip(" ")
        rows.append(json.dumps({"group": name, "text": text, "ids": ids, "decoded": decoded}))
    (HERE / "captions.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")
    print(f"{len(rows)} texts, {len(merges)} merges")


main()
