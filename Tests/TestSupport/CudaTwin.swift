import CTwinPath
import Foundation

/// The twin of a device, which `Tests/CudaTwin` builds: kernels, driver, NVRTC and cuBLASLt on the host.
public struct CudaTwin: @unchecked Sendable {
  /// The library that this program takes for CUDA's; nil where it was not built, or others are named.
  public static let path = twin_path().map { String(cString: $0) }

  public static let shared: CudaTwin? = path.flatMap { dlopen($0, RTLD_NOW) }.map { CudaTwin(handle: $0) }

  private let handle: UnsafeMutableRawPointer

  /// The names of the faults that are planted in it.
  public var faults: [String] {
    let name: @convention(c) (Int32) -> UnsafePointer<CChar>? = function("twin_fault")
    return (0...).lazy.map { name($0) }.prefix { $0 != nil }.map { String(cString: $0!) }
  }

  /// Runs the program around a fault, in a process of its own: whether something was noticed, and what; nil where it could
  /// not be run.
  public func attempt(_ fault: Int, isFaulty: Bool) -> (isNoticed: Bool, message: String)? {
    let attempt: @convention(c) (Int32, Int32, UnsafeMutablePointer<CChar>, Int32) -> Int32 = function("twin_try")
    var text = [CChar](repeating: 0, count: 1024)
    let answer = attempt(Int32(fault), isFaulty ? 1 : 0, &text, Int32(text.count))
    guard answer >= 0 else { return nil }
    return (answer == 1, String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  /// What the driver answers for its version, and where it is started.
  public func setDriver(version: Int = 13000, status: Int = 0) {
    let set: @convention(c) (Int32, Int32) -> Void = function("twin_set_driver")
    set(Int32(version), Int32(status))
  }

  /// The architecture that the device has from now on.
  public func setArchitecture(_ architecture: Int) {
    let set: @convention(c) (Int32) -> Void = function("twin_set_architecture")
    set(Int32(architecture))
  }

  /// What tells the device from others, where this thread asks.
  public func setIdentity(_ identity: Int) {
    let set: @convention(c) (UInt8) -> Void = function("twin_set_identity")
    set(UInt8(identity))
  }

  /// How many bytes the device has from now on.
  public func limitMemory(to bytes: UInt64) {
    let limit: @convention(c) (UInt64) -> Void = function("twin_set_memory")
    limit(bytes)
  }

  /// Has the next calls of this thread that make graphs, and then those that enqueue them, find no memory.
  public func denyGraphs(instantiations: Int = 0, launches: Int = 0) {
    let deny: @convention(c) (Int32, Int32) -> Void = function("twin_deny_graphs")
    deny(Int32(instantiations), Int32(launches))
  }

  /// Has the next calls of this thread that load code, and then those that look for a kernel in it, find no memory.
  public func denyCode(loads: Int = 0, functions: Int = 0) {
    let deny: @convention(c) (Int32, Int32) -> Void = function("twin_deny_code")
    deny(Int32(loads), Int32(functions))
  }

  /// Has the next calls of this thread that ask how to multiply find no algorithm.
  public func denyAlgorithms(_ calls: Int) {
    let deny: @convention(c) (Int32) -> Void = function("twin_deny_algorithms")
    deny(Int32(calls))
  }

  private func function<Function>(_ name: String, as type: Function.Type = Function.self) -> Function {
    guard let address = dlsym(handle, name) else { preconditionFailure("the twin has no \(name)") }
    return unsafeBitCast(address, to: type)
  }
}
