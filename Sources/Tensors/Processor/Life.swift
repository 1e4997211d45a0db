import Glibc

/// Which life of the program this process lives. OpenBLAS reads OPENBLAS_CORETYPE when it is
/// loaded, before main: another kernel takes another life.
enum Life: String {
  /// Tries a kernel, says what it found, and ends.
  case trial
  /// Begun again with the kernel that suits, once: it begins no other.
  case second

  private static let variable = "COCA_KERNEL_LIFE"
  private static let kernel = "OPENBLAS_CORETYPE"

  /// Nil: as the user started it.
  static var current: Life? { value(of: variable).flatMap(Life.init) }

  /// The kernel that the environment asks for.
  static var askedKernel: String? { value(of: kernel) }

  /// Sets the environment that the next life begins with.
  func begin(with core: String) {
    setenv(Life.variable, rawValue, 1)
    setenv(Life.kernel, core, 1)
  }

  /// Leaves nothing of it to the programs that this one starts.
  static func end() {
    unsetenv(variable)
    unsetenv(kernel)
  }

  private static func value(of name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
