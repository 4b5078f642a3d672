#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Bytes on the host: owned memory, or a read-only mapping of a file.
///
/// `@unchecked Sendable`: a buffer is written only by the one who makes it, inside `init(byteCount:fill:)`, before
/// anybody else can see it; afterwards it is read only.
public final class HostBuffer: @unchecked Sendable {
  /// The bytes; they live as long as the buffer.
  public let bytes: UnsafeRawBufferPointer
  private let release: () -> Void

  /// Owned memory of `byteCount` zero bytes that `fill` may write, 64-byte aligned.
  public init<Failure: Error>(
    byteCount: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(byteCount >= 0, "HostBuffer: negative size \(byteCount)")
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    if byteCount > 0 { memset(memory.baseAddress!, 0, byteCount) }
    do { try fill(memory) } catch {
      memory.deallocate()
      throw error
    }
    bytes = UnsafeRawBufferPointer(memory)
    release = { memory.deallocate() }
  }

  /// Bytes that somebody else owns, a file mapping for instance; `release` runs when the buffer goes.
  package init(borrowing bytes: UnsafeRawBufferPointer, release: @escaping () -> Void) {
    self.bytes = bytes
    self.release = release
  }

  deinit { release() }
}
