import Foundation
import RunFile

/// `coca-train --keys`: what a run file may hold.
public enum KeysCommand {
  /// - Parameter key: such as `optimizer.lr`; nil gives one line for every key.
  /// - Throws: `ConfigurationError` for an unknown key; it suggests the nearest one.
  public static func text(of key: String?) throws(ConfigurationError) -> String {
    let help = KeyHelp(RunConfiguration.book)
    if let key { return try help.text(of: key) }
    return help.table + "\n\ncoca-train --keys NAME prints all about one key."
  }

  /// Writes the tables of keys in a Markdown file again.
  /// - Throws: `ConfigurationError` for a file whose markers are missing or out of order.
  public static func remakeTables(in file: URL) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    let remade = try KeyTables(RunConfiguration.book).remade(text, name: file.lastPathComponent)
    try Data(remade.utf8).write(to: file)
  }
}
