"""Captions that are hard to split into words, for launch/checks/scores."""

import random

WORDS = r"""
    a an the man woman dog cat riding red bus on beach it they we I he she you is isn't don't
    O'Brien mr. Mrs. st. no. fig. etc. inc. co. U.S. u.s.a. a.m. p.m. e.g. i.e. vs. jan. mass.
    Mass. ph.d. dr. cannot gonna wanna 'tis 'twas t-shirt black-and-white 3-year-old and/or w/ b/w
    24/7 1/2 ½ 3,000 $5 5% 3:30 555-1234 hello.world foo.com www.foo.org http://a.b/c me@x.org
    @home #tag rock'n'roll y'all ol' 'em '90s 90's AT&T at&t R&B c++ C# x_y naïve café ’s ‘a’ “b”
    – — … ... .. . , ; : ! ? !! ?! - -- --- ---- ----- ( ) [ ] { } < > <b> </b> & &amp; * ** _ __
    / \ | ~ ^ + = % # @ $ £ € ¢ ¥ ° ® × 😀 é ß İ Σ ς ΟΔΟΣ Ω 猫 Кот don’t it’s l'amour d'art
""".split()
PIECES = r"""
    a b c d e i l n o s t u x y z A B E I N O S T U X Y Z 1 2 9 0 5 é ’ ' ' ` " . . . , , ; : ! ?
    - - -- _ / / & + @ # $ % * ( ) [ ] < > = | ~ ^ { } \ … – ‘ “ ” « n't 's 're 'll 'd th st com
    org &amp; &eacute; http:// www. ½ ² ™
""".split()
PIECES += ["", "", "\u00a0", "\u00ad"]
ABBREVIATIONS = r"""
    a.k.a a.m adj adm adv al ala alex apr ariz ark art assn assoc asst atty attys aug ave az b
    bancorp bhd bld bldg blvd brig bros ca calif cap capt cf cie cmdr co col colo comdr conn corp
    cos cpl ct dak dec del dept det dr drs ed.d elec ens esq est etc ext feb fig figs fla fri ft
    ga gen gov govs hon hosp ill inc ind insp intl invt jan jos jr jul jun kan kans ky la lieut lt
    ltd m.a maj mar mass md messrs mfg mich minn miss mlle mlles mme mo mon mont mr mrs ms msgr mt
    mtg natl neb nev no nos nov oct okla op ore pa penn pfc ph ph.d plc pp ppty pres prof profs
    prop pte ptes pty ptys pvt rd rep reps rev rt sat sen sens sep sept seq sfc sgt sir spc sq sr
    st ste sun supt supts sys tel tenn tex thu thurs treas tue tues u.s univ va vs vt wash wed wis
    wisc wm wyo x.y.z
""".split()
FOLLOWERS = r"""
    about according additionally after a an as at but earlier he her here however if in it last
    many more mr. ms. now once one other our she since so some such that the their then there
    these they this we when while what yet you dog Ltd lim 5 x
""".split()
SUFFIXES = r"""
    bat bmp c class cgi cpp dll doc docx exe gif gz h htm html jar java jpeg jpg mov mp3 pdf php
    pl png ppt ps py sql tar txt wav x xml zip com net org edu de
""".split()
SIGNS = r"""
    <> :) :( ;-) =D :P :] :| :\ >:o ;p )) (( :o) 8) <3 ^_^ (-_-) <a <a> <br/> <br /> <a href=x>
    <!x> <?y?> </p> <1> &lt; &eacute; &apos;s &#39;s &nbsp;
""".split()
SIGNS += ['<a href="x y">', "<a b='c d'>", "<!-- c -->"]
CONTROLS = ["", "", ""] + [chr(code) for code in [
    *range(9), *range(14, 32), *range(127, 160), 0x61C, 0x1680, 0x180E, 0x200B, 0x200D, 0x202F,
    0x205F, 0x2060, 0xE000, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF]]


def cased(draws, word):
    kind = draws.random()
    if kind < 0.5:
        return word
    if kind < 0.8:
        return word.capitalize()
    if kind < 0.95:
        return word.upper()
    return "".join(draws.choice([letter.upper(), letter.lower()]) for letter in word)


def number(draws):
    def digits(least, most):
        return "".join(draws.choice("0123456789") for _ in range(draws.randint(least, most)))

    signs = ["-", " ", "/"]
    return draws.choice([
        lambda: digits(1, 5),
        lambda: digits(1, 3) + draws.choice(".,:/-") + digits(1, 4),
        lambda: digits(1, 2) + " " + digits(1, 2) + "/" + digits(1, 2),
        lambda: (draws.choice(["", "+", "("]) + digits(2, 4)
                 + draws.choice(["-", " ", ".", ") ", ")"]) + digits(2, 4) + draws.choice("- .") + digits(3, 5)),
        lambda: (digits(1, 2) + draws.choice("-/") + digits(1, 2) + draws.choice("-/")
                 + digits(2, 4)),
        lambda: (draws.choice("$\u00a3\u20ac#-+~") + digits(1, 4)
                 + draws.choice(["", "%", "k", "'s", "s", "th", "."])),
        lambda: (digits(1, 4) + draws.choice(signs) + digits(1, 4) + draws.choice(signs + ["."])
                 + digits(1, 4) + draws.choice(["", " ", "/"]) + digits(0, 4)),
        lambda: "'" + digits(1, 3) + draws.choice(["", "s", "."]),
        lambda: digits(1, 3) + draws.choice("abx\u00e9") + digits(0, 2),
    ])()


def words(draws):
    return " ".join(cased(draws, draws.choice(WORDS)) for _ in range(draws.randint(0, 12)))


def pieces(draws):
    return "".join(draws.choice(PIECES) if draws.random() < 0.8 else " "
                   for _ in range(draws.randint(1, 25)))


def abbreviations(draws):
    ends = [".", ".", ".", " ", ".,", ".:"]
    text = " ".join(
        cased(draws, draws.choice(ABBREVIATIONS)) + draws.choice(ends)
        + draws.choice([" ", " ", "  ", ""]) + cased(draws, draws.choice(FOLLOWERS))
        for _ in range(draws.randint(1, 5)))
    last = " " + cased(draws, draws.choice(ABBREVIATIONS)) + "."
    return text + (last if draws.random() < 0.4 else "")


def numbers(draws):
    return " ".join(number(draws) for _ in range(draws.randint(1, 6)))


def glued(draws):
    between = [" ", "", "'", "-", "/", ".", "&", ", ", ". "]
    return "".join(cased(draws, draws.choice(WORDS)) + draws.choice(between)
                   for _ in range(draws.randint(1, 9)))


def names(draws):
    return (draws.choice(["", "a ", "(", '"']) + draws.choice(WORDS) + "." + draws.choice(SUFFIXES)
            + draws.choice(["", " ", ".", ",", "!", "/x", "/xy", " x"]) + draws.choice(WORDS))


def characters(draws):
    ranges = [(32, 126), (32, 126), (160, 0x24FF), (0x3000, 0x30FF), (0x1F300, 0x1F6FF)]
    text = "".join(chr(draws.randint(*draws.choice(ranges))) for _ in range(draws.randint(1, 14)))
    return text.replace("\u2028", " ").replace("\u2029", " ")


def signs(draws):
    return " ".join(draws.choice(SIGNS) for _ in range(draws.randint(1, 6)))


def controls(draws):
    """Words between characters that are not seen, none of which ends a line."""
    return "".join(draws.choice(WORDS) + draws.choice(["", " "]) + draws.choice(CONTROLS)
                   for _ in range(draws.randint(1, 7)))


KINDS = {words: 25, pieces: 20, abbreviations: 15, numbers: 15, glued: 10, names: 5, characters: 5,
         signs: 5, controls: 3}


def captions(seed, count):
    draws = random.Random(seed)
    kinds = draws.choices(list(KINDS), weights=KINDS.values(), k=count)
    return [kind(draws) for kind in kinds]
