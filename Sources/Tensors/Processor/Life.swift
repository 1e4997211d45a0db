import Glibc

/// Which run of the program this process is. OpenBLAS reads OPENBLAS_CORETYPE when it is loaded,
/// before main, so another kernel needs another start of the program.
enum Life: String {
  /// Tries a kernel, prints the result, and ends.
  case trial
  /// Started again with a kernel that suits; it does not start again.
  case second

  private static let variable = "COCA_KERNEL_LIFE"
  private static let kernel = "OPENBLAS_CORETYPE"

  /// Nil: as the user started it.
  static var current: Life? { value(of: variable).flatMap(Life.init) }

  /// The kernel in the environment.
  static var askedKernel: String? { value(of: kernel) }

  /// Sets the environment for the next start.
  func begin(with core: String) {
    setenv(Life.variable, rawValue, 1)
    setenv(Life.kernel, core, 1)
  }

  /// Removes these variables, so that programs started by this one do not get them.
  static func end() {
    unsetenv(variable)
    unsetenv(kernel)
  }

  private static func value(of name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
