/// NCCL's entry points. Streams are the driver's, which NCCL takes for the runtime's.
///
/// `@unchecked Sendable`: addresses of functions, which never change.
struct NCCLLibrary: @unchecked Sendable {
  typealias Status = Int32

  let file: String
  /// 22800: 2.28.0.
  let version: Int
  let makeID: @convention(c) (UnsafeMutableRawPointer) -> Status
  /// `ncclCommInitRank`, which is called from C.
  let begin: UnsafeMutableRawPointer
  let end: @convention(c) (CUDAHandle?) -> Status
  let groupStart, groupEnd: @convention(c) () -> Status
  let gather:
    @convention(c) (UnsafeRawPointer?, UnsafeMutableRawPointer?, Int, Int32, CUDAHandle?, CUDAHandle?) -> Status
  let send: @convention(c) (UnsafeRawPointer?, Int, Int32, Int32, CUDAHandle?, CUDAHandle?) -> Status
  let receive: @convention(c) (UnsafeMutableRawPointer?, Int, Int32, Int32, CUDAHandle?, CUDAHandle?) -> Status
  private let errorString: @convention(c) (Status) -> UnsafePointer<CChar>?

  /// ncclUint8: elements are moved, not computed with.
  static let bytes = Int32(1)

  /// The library; nil where it is not installed.
  static let shared: NCCLLibrary? = NCCLLibrary()

  /// Whether `MASKSUB_NCCL` is not 0.
  static var isWanted: Bool { Environment.value("MASKSUB_NCCL") != "0" }

  private init?() {
    guard let library = CUDALibrary("libnccl.so", majors: [2]),
      let askVersion: @convention(c) (UnsafeMutablePointer<Int32>) -> Status = library.function("ncclGetVersion")
    else { return nil }
    var version = Int32(0)
    _ = askVersion(&version)
    (file, self.version) = (library.file, Int(version))
    makeID = library.required("ncclGetUniqueId")
    begin = library.required("ncclCommInitRank")
    end = library.required("ncclCommDestroy")
    groupStart = library.required("ncclGroupStart")
    groupEnd = library.required("ncclGroupEnd")
    gather = library.required("ncclAllGather")
    send = library.required("ncclSend")
    receive = library.required("ncclRecv")
    errorString = library.required("ncclGetErrorString")
  }

  /// Throws where a call failed.
  func check(_ status: Status, _ what: String) throws(InputError) {
    guard status != 0 else { return }
    let text = errorString(status).map { String(cString: $0) } ?? "error"
    throw InputError(
      "\(what) failed: \(text) (\(status))", at: "NCCL \(version), \(file)",
      cure: "NCCL_DEBUG=INFO says more; with MASKSUB_NCCL=0 tensors go through the host's memory")
  }
}
