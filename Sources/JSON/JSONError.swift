/// Why bytes are not JSON, and at which byte.
public struct JSONError: Error, Sendable, Equatable {
  public enum Reason: Sendable, Equatable {
    case malformed(String)
    /// A name that is twice in one object.
    case duplicate(String)
  }

  public var reason: Reason
  /// Counted from 0.
  public var byte: Int

  package init(_ reason: Reason, byte: Int) {
    self.reason = reason
    self.byte = byte
  }

  /// `a string does not end at byte 17`
  public var text: String {
    switch reason {
    case .malformed(let what): "\(what) at byte \(byte)"
    case .duplicate(let name): "\"\(name)\" is there twice, at byte \(byte)"
    }
  }
}
