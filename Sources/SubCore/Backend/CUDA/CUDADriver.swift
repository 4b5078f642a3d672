internal import CSystem
import Synchronization

/// A handle of the driver's or of a library's.
typealias CUDAHandle = UnsafeMutableRawPointer

/// libcuda's entry points. The tests' twin of a device stands behind the same ones.
struct CUDADriver: Sendable {
  typealias Status = Int32
  typealias Address = UInt64

  let file: String
  let version: Int
  /// How many devices there are.
  let count: Int

  let deviceGet: @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Status
  let deviceGetName: @convention(c) (UnsafeMutablePointer<CChar>, Int32, Int32) -> Status
  let deviceGetAttribute: @convention(c) (UnsafeMutablePointer<Int32>, Int32, Int32) -> Status
  let contextRetain: @convention(c) (UnsafeMutablePointer<CUDAHandle?>, Int32) -> Status
  let contextSetCurrent: @convention(c) (CUDAHandle?) -> Status
  let memoryInfo: @convention(c) (UnsafeMutablePointer<Int>, UnsafeMutablePointer<Int>) -> Status
  let allocate: @convention(c) (UnsafeMutablePointer<Address>, Int) -> Status
  let free: @convention(c) (Address) -> Status
  let allocateHost: @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>, Int, UInt32) -> Status
  let streamCreate: @convention(c) (UnsafeMutablePointer<CUDAHandle?>, UInt32) -> Status
  let streamWaitEvent: @convention(c) (CUDAHandle?, CUDAHandle?, UInt32) -> Status
  let eventCreate: @convention(c) (UnsafeMutablePointer<CUDAHandle?>, UInt32) -> Status
  let eventRecord: @convention(c) (CUDAHandle?, CUDAHandle?) -> Status
  let eventQuery: @convention(c) (CUDAHandle?) -> Status
  let eventSynchronize: @convention(c) (CUDAHandle?) -> Status
  let copyToDevice: @convention(c) (Address, UnsafeRawPointer, Int, CUDAHandle?) -> Status
  let copyToHost: @convention(c) (UnsafeMutableRawPointer, Address, Int, CUDAHandle?) -> Status
  let copyOnDevice: @convention(c) (Address, Address, Int, CUDAHandle?) -> Status
  let captureBegin: @convention(c) (CUDAHandle?, Int32) -> Status
  let captureEnd: @convention(c) (CUDAHandle?, UnsafeMutablePointer<CUDAHandle?>) -> Status
  let graphInstantiate: @convention(c) (UnsafeMutablePointer<CUDAHandle?>, CUDAHandle?, UInt64) -> Status
  let graphLaunch: @convention(c) (CUDAHandle?, CUDAHandle?) -> Status
  let graphDestroy: @convention(c) (CUDAHandle?) -> Status
  let graphExecutableDestroy: @convention(c) (CUDAHandle?) -> Status
  let moduleLoad: @convention(c) (UnsafeMutablePointer<CUDAHandle?>, UnsafeRawPointer) -> Status
  let moduleFunction: @convention(c) (UnsafeMutablePointer<CUDAHandle?>, CUDAHandle?, UnsafePointer<CChar>) -> Status
  let functionSetAttribute: @convention(c) (CUDAHandle?, Int32, Int32) -> Status
  let launch:
    @convention(c) (
      CUDAHandle?, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, CUDAHandle?,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Status
  private let errorString: ErrorString
  private let deviceGetIdentity: (@convention(c) (UnsafeMutableRawPointer, Int32) -> Status)?

  private typealias ErrorString =
    @convention(c) (Status, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Status

  /// The answer where a device's memory does not do.
  static let outOfMemory = Status(2)

  /// The driver, started; nil where none serves.
  static let shared: CUDADriver? = try? found?.get()

  /// The same, or why it does not serve; nil where its file is missing.
  static let found: Result<CUDADriver, Refusal>? = CUDALibrary("libcuda.so", majors: [1]).map { library in
    Result { () throws(Refusal) -> CUDADriver in try CUDADriver(library) }
  }

  /// Why a driver that is there does not serve.
  struct Refusal: Error {
    let text: String
  }

  init(_ library: CUDALibrary) throws(Refusal) {
    var (version, count) = (Int32(0), Int32(0))
    let askVersion: @convention(c) (UnsafeMutablePointer<Int32>) -> Status = library.required("cuDriverGetVersion")
    // First of all: an older driver has not all that is asked for below.
    guard askVersion(&version) != 0 || version >= 12000 else {
      throw Refusal(text: "\(Self.name(of: Int(version))) (\(library.file)): 12 or 13 is needed")
    }
    let errorString: ErrorString = library.required("cuGetErrorString")
    func check(_ status: Status) throws(Refusal) {
      guard status != 0 else { return }
      throw Refusal(text: "\(library.file) answers: \(Self.text(of: status, errorString))")
    }
    let start: @convention(c) (UInt32) -> Status = library.required("cuInit")
    try check(start(0))
    let askCount: @convention(c) (UnsafeMutablePointer<Int32>) -> Status = library.required("cuDeviceGetCount")
    try check(askCount(&count))
    guard count > 0 else { throw Refusal(text: "\(library.file) finds no device") }
    (file, self.version, self.count, self.errorString) = (library.file, Int(version), Int(count), errorString)
    deviceGet = library.required("cuDeviceGet")
    deviceGetName = library.required("cuDeviceGetName")
    deviceGetAttribute = library.required("cuDeviceGetAttribute")
    contextRetain = library.required("cuDevicePrimaryCtxRetain")
    contextSetCurrent = library.required("cuCtxSetCurrent")
    memoryInfo = library.required("cuMemGetInfo_v2")
    allocate = library.required("cuMemAlloc_v2")
    free = library.required("cuMemFree_v2")
    allocateHost = library.required("cuMemHostAlloc")
    streamCreate = library.required("cuStreamCreate")
    streamWaitEvent = library.required("cuStreamWaitEvent")
    eventCreate = library.required("cuEventCreate")
    eventRecord = library.required("cuEventRecord")
    eventQuery = library.required("cuEventQuery")
    eventSynchronize = library.required("cuEventSynchronize")
    copyToDevice = library.required("cuMemcpyHtoDAsync_v2")
    copyToHost = library.required("cuMemcpyDtoHAsync_v2")
    copyOnDevice = library.required("cuMemcpyDtoDAsync_v2")
    captureBegin = library.required("cuStreamBeginCapture_v2")
    captureEnd = library.required("cuStreamEndCapture")
    graphInstantiate = library.required("cuGraphInstantiateWithFlags")
    graphLaunch = library.required("cuGraphLaunch")
    graphDestroy = library.required("cuGraphDestroy")
    graphExecutableDestroy = library.required("cuGraphExecDestroy")
    moduleLoad = library.required("cuModuleLoadData")
    moduleFunction = library.required("cuModuleGetFunction")
    functionSetAttribute = library.required("cuFuncSetAttribute")
    launch = library.required("cuLaunchKernel")
    deviceGetIdentity = library.function("cuDeviceGetUuid_v2") ?? library.function("cuDeviceGetUuid")
  }

  /// The majors of CUDA whose libraries this program can use, the newest first.
  static let knownMajors = [13, 12]
  /// Those that the driver runs: it does not load what a newer one compiles.
  var majors: [Int] { Self.knownMajors.filter { $0 <= version / 1000 } }

  /// What a version of the driver's is called: `CUDA 12.4` for 12040.
  static func name(of version: Int) -> String { "CUDA \(version / 1000).\(version % 1000 / 10)" }

  /// The 16 bytes that tell a device from all others, on this machine and elsewhere; nil where they cannot be had.
  func identity(of ordinal: Int) -> [UInt8]? {
    var (device, bytes) = (Int32(0), [UInt8](repeating: 0, count: 16))
    guard let deviceGetIdentity, deviceGet(&device, Int32(ordinal)) == 0, deviceGetIdentity(&bytes, device) == 0
    else { return nil }
    return bytes
  }

  /// Ends the program where a call failed: a device that has failed once answers nothing any more, and nothing half-written
  /// is left, since files are renamed into place when whole.
  func check(_ status: Status, _ what: @autoclosure () -> String) {
    if let failure = failure(status, what()) { CUDAFailure.end(failure) }
  }

  /// Returns when an event has come about; that may take other ranks, for whom nobody waits for ever.
  func wait(for event: CUDAHandle?, _ what: @autoclosure () -> String) {
    let isLimited = Self.waitsForRanks.load(ordering: .relaxed)
    if isLimited {
      sys_begin_waiting(UnsafeRawPointer(Self.ranksName.utf8Start).assumingMemoryBound(to: CChar.self))
    }
    let status = eventSynchronize(event)
    if isLimited { sys_end_waiting() }
    check(status, what())
  }

  /// Whether what is enqueued here may wait for other ranks.
  static let waitsForRanks = Atomic(false)
  private static let ranksName: StaticString = "NCCL"

  /// What a call's answer says went wrong; nil: nothing.
  func failure(_ status: Status, _ what: @autoclosure () -> String) -> String? {
    status == 0 ? nil : "\(what()) failed: \(Self.text(of: status, errorString))"
  }

  private static func text(of status: Status, _ errorString: ErrorString) -> String {
    var text: UnsafePointer<CChar>?
    _ = errorString(status, &text)
    return "\(text.map { String(cString: $0) } ?? "error") (\(status))"
  }
}
