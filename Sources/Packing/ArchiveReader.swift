import CArchive
import Foundation

/// Reads the members of a tar, plain or compressed by gzip or zstd, from front to back.
///
/// An archive is trusted only within limits: a member's bytes are read if its size is below the
/// caller's limit, and a compressed archive that expands beyond 256 MiB and beyond 200 times what
/// was read of it is refused as a bomb. Memory: a window of at most 128 MiB (zstd's largest), a
/// header's texts of 1 MiB, and the member that is read.
/// Used by one thread.
final class ArchiveReader {
  enum Item {
    case file(name: String, bytes: Int)
    case folder
    /// A member that is not a plain file.
    case other(name: String, kind: String)
    /// Bytes that should be a header but are none, up to the next header.
    case damage(String)
  }

  private static let blockBytes = 1 << 20
  private static let freeBytes: Int64 = 256 << 20
  private static let largestRatio: Int64 = 200

  let path: String
  private let fileBytes: Int
  private let handle: OpaquePointer
  private let isCompressed: Bool
  private var entry: OpaquePointer?

  init(path: String) throws(PackingError) {
    self.path = path
    fileBytes = try InputFile(path: path).bytes
    guard let handle = archive_read_new() else { throw PackingError(path, .row("no memory")) }
    archive_read_support_format_tar(handle)
    archive_read_support_filter_gzip(handle)
    archive_read_support_filter_zstd(handle)
    guard archive_read_open_filename(handle, path, Self.blockBytes) == ARCHIVE_OK else {
      let why = Self.message(handle)
      archive_read_free(handle)
      throw PackingError(path, .row(fileBytes == 0 ? "the file is empty" : why))
    }
    self.handle = handle
    isCompressed = archive_filter_count(handle) > 1
  }

  deinit { archive_read_free(handle) }

  /// How much of the file has been read, 0 to 1.
  var fraction: Double { Double(archive_filter_bytes(handle, -1)) / Double(max(1, fileBytes)) }

  /// The next member, or nil at the end.
  /// - Throws: `PackingError` where nothing more can be read of the archive.
  func next() throws(PackingError) -> Item? {
    try skip()
    var code = nextHeader()
    guard code != ARCHIVE_RETRY else {
      let why = Self.message(handle)
      while code == ARCHIVE_RETRY {
        try checkRatio()
        code = nextHeader()
      }
      pending = (code, entry)
      entry = nil
      return .damage(why)
    }
    return try item(code)
  }

  /// The bytes of the member that `next` gave.
  /// - Parameter count: the member's size, which must be below the caller's limit.
  func read(_ count: Int) throws(PackingError) -> [UInt8] {
    var failure: PackingError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count, let base = buffer.baseAddress {
        let got = archive_read_data(handle, base + filled, count - filled)
        if got <= 0 {
          failure = PackingError(path, .row(got < 0 ? Self.message(handle) : "it is cut off"))
          break
        }
        filled += got
      }
    }
    if let failure { throw failure }
    try checkRatio()
    return bytes
  }

  private var pending: (code: Int32, entry: OpaquePointer?)?

  private func item(_ code: Int32) throws(PackingError) -> Item? {
    if code == ARCHIVE_EOF { return nil }
    guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let entry else {
      throw PackingError(path, .row(Self.message(handle)))
    }
    guard let raw = archive_entry_pathname(entry) else {
      return .other(name: "a member", kind: "without a readable name")
    }
    let name = Self.text(raw)
    if archive_entry_hardlink(entry) != nil { return .other(name: name, kind: "a link") }
    let type: mode_t = archive_entry_filetype(entry)
    switch type {
    case S_IFREG: break
    case S_IFDIR: return .folder
    case S_IFLNK: return .other(name: name, kind: "a link")
    case S_IFCHR, S_IFBLK: return .other(name: name, kind: "a device")
    case S_IFIFO: return .other(name: name, kind: "a pipe")
    default: return .other(name: name, kind: "not a plain file")
    }
    if archive_entry_sparse_count(entry) > 0 { return .other(name: name, kind: "a sparse file") }
    let bytes = Int(archive_entry_size(entry))
    guard archive_entry_size_is_set(entry) != 0, bytes >= 0 else {
      return .other(name: name, kind: "without a size")
    }
    return .file(name: name, bytes: bytes)
  }

  /// Skips what is left of the present member.
  private func skip() throws(PackingError) {
    guard entry != nil else { return }
    entry = nil
    guard isCompressed else {
      guard archive_read_data_skip(handle) >= ARCHIVE_WARN else {
        throw PackingError(path, .row(Self.message(handle)))
      }
      return
    }
    var block: UnsafeRawPointer?, size = 0, offset: la_int64_t = 0
    while true {
      let code = archive_read_data_block(handle, &block, &size, &offset)
      if code == ARCHIVE_EOF { return }
      guard code >= ARCHIVE_WARN else { throw PackingError(path, .row(Self.message(handle))) }
      try checkRatio()
    }
  }

  private func checkRatio() throws(PackingError) {
    let out = archive_filter_bytes(handle, 0), read = archive_filter_bytes(handle, -1)
    guard !isCompressed || out <= max(Self.freeBytes, Self.largestRatio * read) else {
      throw PackingError(path, .row("\(read) bytes of it expanded to \(out), as in a zip bomb"))
    }
  }

  /// Names are read as UTF-8, whatever the environment's language is.
  private func nextHeader() -> Int32 {
    if let (code, entry) = pending {
      (pending, self.entry) = (nil, entry)
      return code
    }
    let before = uselocale(Self.utf8)
    defer { uselocale(before) }
    return archive_read_next_header(handle, &entry)
  }

  private nonisolated(unsafe) static let utf8 = newlocale(Int32(LC_CTYPE_MASK), "C.UTF-8", nil)

  private static func message(_ handle: OpaquePointer) -> String {
    archive_error_string(handle).map { text($0).trimmingSpace } ?? "it cannot be read"
  }

  /// Bytes that are not UTF-8 are written like `%E9`.
  private static func text(_ raw: UnsafePointer<CChar>) -> String {
    if let text = String(validatingCString: raw) { return text }
    let bytes = UnsafeRawBufferPointer(start: raw, count: strlen(raw))
    return String(bytes.flatMap { byte in
      byte < 0x80 ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16, uppercase: true)
    })
  }
}
