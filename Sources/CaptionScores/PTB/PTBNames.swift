/// What the rules' patterns mean by `{name}`.
enum PTBNames {
  static let all: [String: Pattern] = {
    var names: [String: Pattern] = [
      "alpha": .set(UnitSet(.letter)), "letter": .set(UnitSet(.letter, UnitSet.marks)),
      "digit": .set(UnitSet(.digit)), "symbol": .set(UnitSet(UnitSet.symbols)),
    ]
    for (name, text) in characters + words + abbreviations + others {
      names[name] = PatternReader.read(text, names: names)
    }
    return names
  }()

  // A later one may use an earlier one.

  private static let characters = [
    ("space", "[ \t\u{A0}\u{2000}-\u{200A}\u{3000}]"),
    ("newline", "[\n\r\u{B}\u{C}\u{2028}\u{2029}]"),
    ("blank", "[{space}{newline}\u{85}]"),
    ("apostrophe", "['\u{2019}\u{92}]|&apos;"),
    ("any-apostrophe", "{apostrophe}|[`\u{2018}\u{201B}\u{91}]"),
    ("letters", "{letter}|&[aeiouAEIOU](acute|grave|uml);"),
    ("letters-digits", "{letters}|{digit}"),
    ("hyphen", "[-_\u{58A}\u{2010}\u{2011}]"),
    ("slash", "\\\\?/"),
  ]

  private static let words = [
    ("word", "{letters}{letters-digits}*([.!?]{letters}{letters-digits}*)*"),
    ("clitic", "{apostrophe}(s|m|d|re|ve|ll)"),
    ("not", "n{any-apostrophe}t"),
    ("before-not", "[A-Za-z\u{AD}]*[A-MO-Za-mo-z]\u{AD}*"),
    ("part", "([dDoOlL]{any-apostrophe}[A-Za-z0-9])?[{alpha}{digit}]+"),
    ("joined", "{part}({hyphen}{part})*"),
    ("compound", "[A-Za-z0-9][A-Za-z0-9.,\u{AD}]*"
      + "(-([A-Za-z0-9\u{AD}]+|[A-Za-z](\\.[A-Za-z])+\\.))+"),
    ("capitals", "[A-Z]+([&+][A-Z]+|&amp;[A-Z]+)+"),
    ("slashed-part", "[A-Za-z0-9]+(-[A-Za-z]+){0,2}"),
    ("acronym", "[A-Za-z](\\.[A-Za-z])*"),
    ("opener", capitalised(
      "about according additionally after a an as at but earlier he her here however if in it "
        + "last many more mr\\. ms\\. now once one other our she since so some such that the "
        + "their then there these they this we when while what yet you")),
  ]

  /// What keeps its period.
  private static let abbreviations = [
    ("before-number", any("ca figs? prop nos? art bldg pp op")),
    ("names", any(
      "jan feb mar apr jun jul aug sept? oct nov dec mon tues? wed thu(rs?)? fri "
        + "ala ariz calif colo conn ct dak fla ga ind kans? ky md mich minn mo mont neb nev okla "
        + "penn tenn va vt wisc? wyo inc cos? corp plc ltd rt bancorp bhd assn univ intl sys tel "
        + "est ext sq jr sr bros ed\\.d ph\\.d blvd rd esq etc al seq bldg")),
    ("capital-names", capitalised("az ark del ill la mass miss ore pa tex wash")),
    ("titles", any(
      "mr mrs ms drs? profs? sens? reps? attys? govs? supts? lt col gen messrs adm rev maj sgt "
        + "cpl pvt capt ste? ave pres lieut hon brig co?mdr pfc spc det mt ft adj adv asst assoc "
        + "ens insp mlle mme msgr sfc vs alex wm jos cie a\\.k\\.a cf treas ph invt elec natl "
        + "dept")),
  ]

  private static let others = [
    ("number", "{digit}+|{digit}*([.,:\u{AD}\u{66B}\u{66C}]{digit}+)+"),
    ("fraction", "{digit}{1,4}{slash}{digit}{1,4}"),
    ("host", "[^ \t\n\r\u{C}\"<>|.!?()\\{\\},]+"),
    ("path", "/[^ \t\n\r\u{C}\"<>|()]+[^ \t\n\r\u{C}\"<>|.!?()\\{\\},-]"),
    ("mail", "[^ \t\n\r\u{C}\"<>|()\\{\\}\u{A0}]"),
    ("mail-host", "[^ \t\n\r\u{C}\"<>|().\\{\\}\u{A0}]+"),
    ("tag", "[A-Za-z][A-Za-z0-9:._-]*"),
    ("markup", "<(/?{tag}([ ]+{tag}([ ]*=[ ]*('[^']*'|\"[^\"]*\"))?)*[ ]*/?"
      + "|[!?][A-Za-z-][^>\r\n]*)[ ]*>"),
  ]

  /// Words, any of them, with a capital first letter.
  private static func capitalised(_ words: String) -> String {
    words.split(separator: " ").map { "[\($0.prefix(1).uppercased())]\($0.dropFirst())" }
      .joined(separator: "|")
  }

  private static func any(_ words: String) -> String { words.replacing(" ", with: "|") }
}
