import Foundation
import RunFile

/// `coca-train --keys`: what a run file may hold.
public enum KeysCommand {
  /// - Parameter key: such as `optimizer.lr`; nil: a line for each.
  /// - Throws: `ConfigurationError` for a key that is unknown, with the nearest one.
  public static func text(of key: String?) throws(ConfigurationError) -> String {
    let help = KeyHelp(RunConfiguration.book)
    if let key { return try help.text(of: key) }
    return help.table + "\n\ncoca-train --keys NAME says all of one."
  }

  /// Makes the tables of keys in a Markdown file anew.
  /// - Throws: `ConfigurationError` for a file whose markers are not in order.
  public static func remakeTables(in file: URL) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    let remade = try KeyTables(RunConfiguration.book).remade(text, name: file.lastPathComponent)
    try Data(remade.utf8).write(to: file)
  }
}
