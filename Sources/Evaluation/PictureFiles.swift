import Foundation
import Images
import Records

/// Picture files as people name them on the command line: one by one, or by their folder.
public enum PictureFiles {
  /// The files in the order given. A folder stands for the picture files in it and in the folders
  /// below, sorted by path; names that begin with a dot are left out.
  /// - Throws: `EvaluationError` for a folder that cannot be read, or in which there are none.
  public static func listed(_ paths: [String]) throws(EvaluationError) -> [String] {
    var files: [String] = []
    for path in paths {
      if URL(fileURLWithPath: path).isFolder {
        files += try contents(of: path)
      } else {
        files.append(path)
      }
    }
    return files
  }

  private static func contents(of folder: String) throws(EvaluationError) -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.subpathsOfDirectory(atPath: folder)
    } catch {
      throw EvaluationError(folder, .unreadable(NamedFile.reason(error)))
    }
    let pictures = names.filter(isPicture).sorted()
    guard !pictures.isEmpty else { throw EvaluationError(folder, .noPictures) }
    return pictures.map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }
  }

  private static func isPicture(_ path: String) -> Bool {
    let isHidden = path.split(separator: "/").contains { $0.hasPrefix(".") }
    return !isHidden && ImageFormat.suffixes.contains((path as NSString).pathExtension.lowercased())
  }
}
