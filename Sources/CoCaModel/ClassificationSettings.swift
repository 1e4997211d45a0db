import RunFile

/// The options of classification.
public struct ClassificationSettings: Section {
  /// The file with the classes' names; nil with other presets.
  public var classes: String?
  public var labels = ImageClasses.Labels.cls
  public var loss = ImageClasses.Loss.softmax

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("classes", \.classes, .orAbsent(.path), default: "required with `classification`", """
      a file with the name of one class a line, counted from 0; synonyms are separated by a \
      vertical bar
      """),
    Key("labels", \.labels, .choice, """
      what names the classes of a picture. `cls`: `KEY.cls`, one number; `labels`: those of its \
      labels that are in the file
      """),
    Key("loss", \.loss, .choice, """
      `softmax`: one class of all is right; `sigmoid`: each class is right or wrong by itself
      """),
  ]
}
