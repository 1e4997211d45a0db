/// The rules of the tokenizer. The longest match wins, what follows included; among equals the rule
/// that stands first.
enum PTBRules {
  static let all = splits + entities + words + addresses + numbers + abbreviations + compounds
    + blanks + quotes + punctuation

  private static let splits = [
    PTBRule("c\\+\\+|c#|f#"),
    PTBRule("cannot|'twas", .without(3)),
    PTBRule("'tis|gonna|gotta|lemme|gimme|wanna", .without(2)),
  ]

  private static let entities = [
    PTBRule("{markup}", .words),
    PTBRule("&(mdash|ndash);|[\u{96}\u{97}\u{2013}\u{2014}\u{2015}]", .punctuation),
    PTBRule("&amp;", .text("&")),
    PTBRule("&lt;", .text("<")),
    PTBRule("&gt;", .text(">")),
    PTBRule("&quot;", .punctuation),
    PTBRule("&#{digit}+;"),
  ]

  private static let words = [
    PTBRule("{word}", before: "{clitic}"),
    PTBRule("{before-not}", before: "{not}"),
    PTBRule("{word}"),
    PTBRule("{apostrophe}n{apostrophe}?|(d|j|l|dunkin|somethin|ol){apostrophe}"),
    PTBRule("{apostrophe}(em|till?|cause|[2-9]0s)"),
    PTBRule("[A-HJ-XZn]{any-apostrophe}{alpha}{2,}"),
    PTBRule("{alpha}+[aeiouyAEIOUY]{any-apostrophe}[aeiouA-Z]{alpha}*"),
    PTBRule("cont'd\\.?|c'mon|e'er|s'mores|ev'ry|li'l|nat'l|nor'easter|cap'n|c'est"),
    PTBRule("o{any-apostrophe}o"),
    PTBRule("y{apostrophe}", before: "{alpha}"),
    PTBRule("{clitic}|{not}", before: "[^A-Za-z]", .plain),
  ]

  private static let addresses = [
    PTBRule("https?://[^ \t\n\r\u{C}\"<>|()\\{\\}]+[^ \t\n\r\u{C}\"<>|.!?()\\{\\},-]", .raw),
    PTBRule("www\\.({host}\\.)+[a-zA-Z]{2,4}{path}?", .raw),
    PTBRule("([^ \t\n\r\u{C}\"`'<>|.!?()\\{\\},-_$]+\\.)+(com|net|org|edu){path}?", .raw),
    PTBRule("<?[a-zA-Z0-9]{mail}*@({mail-host}\\.)*{mail-host}>?", .raw),
    PTBRule("@[A-Za-z_][A-Za-z_0-9]*|#{letters}+", .raw),
  ]

  private static let numbers = [
    PTBRule("{digit}{1,2}[-/]{digit}{1,2}[-/]{digit}{2,4}"),
    PTBRule("[-+]?{number}"),
    PTBRule("({digit}{1,4}[- \u{A0}])?{fraction}", .words),
    PTBRule("\u{BD}", .text("1/2")),
    PTBRule("\u{BC}", .text("1/4")),
    PTBRule("\u{BE}", .text("3/4")),
    PTBRule("\u{2153}", .text("1/3")),
    PTBRule("\u{2154}", .text("2/3")),
    PTBRule(
      "(\\([0-9]{2,3}\\)[ \u{A0}]?|(\\+\\+?)?([0-9]{2,4}[- \u{A0}])?[0-9]{2,4}[- \u{A0}])"
        + "[0-9]{3,4}[- \u{A0}]?[0-9]{3,5}"
        + "|((\\+\\+?)?[0-9]{2,4}\\.)?[0-9]{2,4}\\.[0-9]{3,4}\\.[0-9]{3,5}", .brackets),
    PTBRule("{apostrophe}{digit}{digit}", before: "{blank}"),
  ]

  private static let abbreviations = [
    PTBRule("[A-Za-z]\\.", before: "{blank}+({opener}|{markup}){blank}", .without(1)),
    PTBRule("{acronym}\\."),
    PTBRule("({before-number})\\.", before: "{blank}?{digit}"),
    PTBRule("({names}|{capital-names}|p?pt[ey]s?)\\.", before: "[^][^]"),
    PTBRule("({names}|{capital-names}|p?pt[ey]s?|{titles}|m[ft]g)\\."),
    PTBRule("(co|pty|pte)\\.", before: "{space}(ltd|lim)"),
    PTBRule("({word}|{compound}|{joined}|{capitals})\\.", before: "[,:;]"),
  ]

  private static let compounds = [
    PTBRule("(pro|anti)-|c\\.d\\.s|s&p-500|s&ls"),
    PTBRule("{capitals}", .plain),
    PTBRule("{slashed-part}({slash}{slashed-part}){1,2}"),
    PTBRule("{compound}|{joined}"),
    PTBRule(
      "{letters-digits}+(\\.{letters-digits}+)*\\.(bat|bmp|c|class|cgi|cpp|dll|docx?|exe|gif|gz|h"
        + "|html?|jar|java|jpe?g|mov|mp3|pdf|php|pl|png|ppt|ps|py|sql|tar|txt|wav|x|xml|zip)",
      before: "[ \n.?!,]", .raw),
  ]

  private static let blanks = [
    PTBRule("{newline}", .newline),
    PTBRule("({space}|&nbsp;)+", .space),
  ]

  private static let quotes = [
    PTBRule("[\"']|''", .punctuation),
    PTBRule("'", before: "[A-Za-z][^ \t\n\r\u{A0}]", .punctuation),
    PTBRule("{clitic}|{not}", .plain),
    PTBRule("[`\u{91}-\u{94}\u{AB}\u{BB}\u{2018}-\u{201F}\u{2039}\u{203A}]{1,2}", .plain),
  ]

  private static let punctuation = [
    PTBRule("[<>]?[:;=]['*o-]?[()\\{\\[\\]DPdpO\\\\@|]", before: "[^A-Za-z0-9]", .brackets),
    PTBRule("[-^x=~<>']_[-^x=~<>']|\\([-^x=~<>'][_.-]?[-^x=~<>']\\)", .brackets),
    PTBRule("\\(", .text("-lrb-")),
    PTBRule("\\)", .text("-rrb-")),
    PTBRule("\\[", .text("-lsb-")),
    PTBRule("\\]", .text("-rsb-")),
    PTBRule("\\{", .text("-lcb-")),
    PTBRule("\\}", .text("-rcb-")),
    PTBRule("--?-?-?|\\.{3,5}|\\.( \\.){2,4}|[\u{85}\u{2026}.,;:]", .punctuation),
    PTBRule("-+|[!?]+|@+|#+|_+|\\*+|\\\\\\*|=|/|<<|>>|<|>"),
    PTBRule("[A-Z]*\\$"),
    PTBRule("\u{A3}", .text("#")),
    PTBRule("[\u{80}\u{A4}\u{20A0}\u{20AC}]", .text("$")),
    PTBRule("\u{A2}", .text("cents")),
    PTBRule(
      "[\u{207A}\u{207B}\u{208A}\u{208B}]?([\u{B2}\u{B3}\u{B9}\u{2070}\u{2074}-\u{2079}]+"
        + "|[\u{2080}-\u{2089}]+)"),
    PTBRule("[+%&~^|\\\\{symbol}]"),
  ]
}
