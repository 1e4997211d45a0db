import Foundation
import JSON

/// A file of annotations: COCO's (images, and captions or instances that name their image's id),
/// or Karpathy's of a split (images with their sentences).
///
/// Memory: about 40 bytes for each image and each annotation; their texts stay in the file. All
/// captions of an image are kept; the category names of instances become labels.
struct COCOInput: PackInput {
  private struct Note {
    var image: Int
    var element: JSONElements.Element
  }

  /// An image with more annotations is refused, since a row is in memory as a whole.
  private static let notesPerImage = 10_000

  private let file: InputFile
  private let root: InputRoot
  private let images: [JSONElements.Element]
  /// Sorted by their image's id; those of one image are in the order of the file.
  private let notes: [Note]
  private let categories: [Int: String]
  let notice: String?

  /// Reads the file once from front to back.
  /// - Parameter splits: for Karpathy's files, the splits to take; nil for all.
  init(file url: URL, root: URL?, splits: [String]?) throws(PackingError) {
    let file = try InputFile(path: url.path)
    self.file = file
    self.root = InputRoot(root ?? url.deletingLastPathComponent())
    var contents = Contents(splits: splits)
    var elements = JSONElements(file: file)
    while let (array, element) = try elements.next() { contents.add(element, of: array, in: file) }
    if let missing = splits?.first(where: { !contents.seen.contains($0) }) {
      throw PackingError(url.path, .noSplit(missing, contents.seen.sorted()))
    }
    images = contents.images
    notes = contents.notes
      .sorted { ($0.image, $0.element.offset) < ($1.image, $1.element.offset) }
    categories = contents.categories
    let broken = contents.broken
    notice = broken == 0
      ? nil : "\(url.path): \(broken) images or annotations have no image id and are left out"
  }

  /// What is collected while the file is read.
  private struct Contents {
    let splits: [String]?
    var images: [JSONElements.Element] = []
    var notes: [Note] = []
    var categories: [Int: String] = [:]
    var seen = Set<String>()
    var broken = 0

    init(splits: [String]?) { self.splits = splits }

    mutating func add(_ element: JSONElements.Element, of array: String, in file: InputFile) {
      if array == "images", splits == nil { return images.append(element) }
      guard ["images", "annotations", "categories"].contains(array) else { return }
      guard let object = try? COCOInput.object(element, of: file) else {
        broken += 1
        return
      }
      switch array {
      case "images":
        guard let split = object["split"]?.string else { return }
        seen.insert(split)
        if splits?.contains(split) == true { images.append(element) }
      case "annotations":
        if let image = object["image_id"]?.integer {
          notes.append(Note(image: image, element: element))
        } else {
          broken += 1
        }
      default:
        if let id = object["id"]?.integer { categories[id] = object["name"]?.string }
      }
    }
  }

  func walk() -> any RowWalk { ListWalk(images.indices.map { .image($0) }) }

  func place(of reference: RowReference) -> String {
    guard case .image(let number) = reference else { return file.path }
    return "\(file.path), image \(number + 1)"
  }

  func row(_ reference: RowReference) throws(PackingError) -> InputRow {
    guard case .image(let number) = reference else {
      preconditionFailure("a row of another input")
    }
    do throws(PackingError.Reason) {
      return try row(image: try Self.object(images[number], of: file))
    } catch {
      throw PackingError(place(of: reference), error)
    }
  }

  private func row(image: [String: JSONValue]) throws(PackingError.Reason) -> InputRow {
    var row = InputRow()
    row.others = image
    guard let name = (image["file_name"] ?? image["filename"])?.string else {
      throw .row("no text under `file_name` or `filename`")
    }
    // Karpathy's files of Flickr have none, or an empty one.
    let folder = image["filepath"]?.string ?? ""
    try row.locate(folder.isEmpty ? name : "\(folder)/\(name)", in: root)
    for sentence in image["sentences"]?.array ?? [] {
      if let raw = sentence["raw"]?.string { row.add(caption: raw) }
    }
    if let id = image["id"]?.integer { try add(notesOf: id, to: &row) }
    for key in ["file_name", "filename", "filepath", "sentences"] { row.others[key] = nil }
    for key in InputRow.keys { row.others[key] = nil }
    guard !row.captions.isEmpty || !row.labels.isEmpty else { throw .row("it has no annotation") }
    return row
  }

  private func add(notesOf image: Int, to row: inout InputRow) throws(PackingError.Reason) {
    var low = 0, high = notes.count
    while low < high {
      let middle = (low + high) / 2
      if notes[middle].image < image { low = middle + 1 } else { high = middle }
    }
    let own = notes[low...].prefix { $0.image == image }
    guard own.count <= Self.notesPerImage else { throw .row("\(own.count) annotations of it") }
    for note in own {
      let object = try Self.object(note.element, of: file)
      if let caption = object["caption"]?.string { row.add(caption: caption) }
      if let name = object["category_id"]?.integer.flatMap({ categories[$0] }),
        !row.labels.contains(name)
      { row.labels.append(name) }
    }
  }

  fileprivate static func object(
    _ element: JSONElements.Element, of file: InputFile
  ) throws(PackingError.Reason) -> [String: JSONValue] {
    let limit = JSONElements.maximumElementBytes
    guard element.count <= limit else {
      throw .tooLarge(what: "the element", bytes: element.count, limit: limit)
    }
    let bytes: [UInt8]
    do throws(PackingError) {
      bytes = try file.read(at: element.offset, count: element.count)
    } catch {
      throw error.reason
    }
    return try JSONValue.object(reading: bytes)
  }
}
