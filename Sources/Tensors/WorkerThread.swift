import CKernels
import Foundation

/// A thread that lives as long as its work. Foundation's and libdispatch's own wait for ever,
/// without a word, where the system refuses one.
public enum WorkerThread {
  /// Starts a thread; tests replace it by one that refuses.
  public typealias Start = @Sendable (
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(ThreadsError) -> Void

  /// Nested JSON is parsed recursively, which needs a large stack.
  private static let stackBytes = 8 << 20

  private final class Work: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
      (self.name, self.body) = (name, body)
    }
  }

  /// - Parameter name: for debuggers; the system keeps 15 bytes of it.
  /// - Throws: `ThreadsError` where the system has no more threads.
  public static func start(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(ThreadsError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let work = Unmanaged.passRetained(Work(name, body))
    var thread = pthread_t()
    guard pthread_create(&thread, &attributes, run, work.toOpaque()) == 0 else {
      work.release()
      throw ThreadsError("the thread `\(name)`")
    }
  }

  /// Runs `body` on `count` threads at once, one of which is the caller's, and returns when all are
  /// done. Those that the system gives run it even where it refuses others.
  /// - Throws: `ThreadsError` where the system has refused one.
  public static func together(
    _ count: Int, _ body: @Sendable () -> Void
  ) throws(ThreadsError) {
    let missing = withoutActuallyEscaping(body) { body in
      var body = body
      return withUnsafeMutablePointer(to: &body) {
        threads_together(Int32(count), runBody, UnsafeMutableRawPointer($0))
      }
    }
    guard missing == 0 else { throw ThreadsError("\(count) threads") }
  }

  private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    guard let context = $0 else { return nil }
    let work = Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
    thread_set_name(work.name)
    work.body()
    return nil
  }

  private static let runBody: @convention(c) (UnsafeMutableRawPointer, Int32) -> Void = {
    context, _ in context.assumingMemoryBound(to: (@Sendable () -> Void).self).pointee()
  }
}
