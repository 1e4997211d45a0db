import CMPI

/// The MPI library that was found at start, and the version that this program was built for.
public enum MPILibrary {
  /// The library's description, such as "Open MPI v4.1.4, package: …".
  public static let version: String = {
    var text = [CChar](repeating: 0, count: Int(MPI_MAX_LIBRARY_VERSION_STRING) + 1)
    var length: Int32 = 0
    guard MPI_Get_library_version(&text, &length) == MPI_SUCCESS else { return "unknown" }
    let bytes = text.prefix(Int(length)).prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }()

  /// The version of the headers, such as "4.1.4".
  public static let builtFor = "\(OMPI_MAJOR_VERSION).\(OMPI_MINOR_VERSION).\(OMPI_RELEASE_VERSION)"

  /// - Throws: `CollectiveError` where the library has another binary interface.
  public static func check() throws(CollectiveError) {
    guard !version.hasPrefix("Open MPI v\(OMPI_MAJOR_VERSION).") else { return }
    throw CollectiveError("MPI", .library(found: version, builtFor: builtFor))
  }
}
