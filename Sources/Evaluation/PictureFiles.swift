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
    let pictures: [String]
    do throws(SystemError) {
      pictures = try below(folder.hasSuffix("/") ? folder : folder + "/").sorted()
    } catch {
      throw EvaluationError(folder, .unreadable("\(error)"))
    }
    guard !pictures.isEmpty else { throw EvaluationError(folder, .noPictures) }
    return pictures
  }

  /// - Parameter folder: with a slash at its end.
  private static func below(_ folder: String) throws(SystemError) -> [String] {
    var pictures: [String] = []
    for name in try FolderListing.names(in: folder) where !name.hasPrefix(".") {
      if try FolderListing.isFolder(folder + name, followingLinks: false) {
        pictures += try below(folder + name + "/")
      } else if isPicture(name) {
        pictures.append(folder + name)
      }
    }
    return pictures
  }

  private static func isPicture(_ name: String) -> Bool {
    ImageFormat.suffixes.contains((name as NSString).pathExtension.lowercased())
  }
}
