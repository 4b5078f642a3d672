#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One process alone: what every run is that nobody divides.
public final class SingleProcess: Communicator {
  public var rank: Int { 0 }
  public var count: Int { 1 }
  public var localCount: Int { 1 }
  public var localRank: Int { 0 }

  /// The process.
  public init() {}

  public func sum(_ values: UnsafeMutableBufferPointer<Float>) {}
  public func max(_ bytes: UnsafeMutableBufferPointer<UInt8>) {}
  public func gather(_ own: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer) {
    all.copyMemory(from: own)
  }
  public func reduceScatter(_ all: UnsafeBufferPointer<Float>, into own: UnsafeMutableBufferPointer<Float>) {
    _ = own.update(fromContentsOf: all)
  }
  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer) {}
  public func barrier() {}
  public func abort(_ code: Int32) -> Never { exit(code) }
}
