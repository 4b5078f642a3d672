internal import CSystem
internal import Synchronization

/// Ranks that each compute on a CUDA device of their own. Tensors of the devices go from one to the other by NCCL, opened at
/// run time; everything else, and the id by which NCCL's ranks find each other, goes over the ranks' `carrier`. Untried on
/// devices: their twin and its NCCL are all that it has been run on.
///
/// `@unchecked Sendable`: the handle is NCCL's, and ranks call from one thread at a time.
public final class NCCL: DeviceCommunicator, @unchecked Sendable {
  private let carrier: any Communicator
  private let device: CUDADevice
  private let library: NCCLLibrary
  private let handle: CUDAHandle?

  /// Joins the device of this rank with those of all others; all do so at the same place. Throws where NCCL cannot.
  init(_ carrier: any Communicator, _ device: CUDADevice, _ library: NCCLLibrary) throws(InputError) {
    (self.carrier, self.device, self.library) = (carrier, device, library)
    device.enter()
    var id = [UInt8](repeating: 0, count: Int(SYS_NCCL_ID_BYTES))
    // Whoever fails says so before the others wait for an id that never comes.
    let status = carrier.rank == 0 ? library.makeID(&id) : 0
    id.withUnsafeMutableBytes { carrier.broadcast($0) }
    try library.check(carrier.gather([status])[0], "ncclGetUniqueId")
    var handle: CUDAHandle?
    try library.check(
      sys_nccl_begin(library.begin, &handle, Int32(carrier.count), id, Int32(carrier.rank)), "ncclCommInitRank")
    self.handle = handle
    CUDADriver.waitsForRanks.store(true, ordering: .relaxed)
  }

  deinit { _ = library.end(handle) }

  // MARK: From device to device

  func carries(_ tensor: Tensor) -> Bool { (tensor.backend as? CUDABackend)?.device === device }

  func gather(_ own: Tensor, into all: Tensor) {
    let bytes = own.count * own.dtype.size
    call("ncclAllGather") { library in
      library.gather(own.addressForNCCL, all.addressForNCCL, bytes, NCCLLibrary.bytes, handle, device.stream)
    }
  }

  func exchange(_ parts: Tensor, into arrived: Tensor) {
    let bytes = parts.count * parts.dtype.size / count
    call("ncclGroupStart") { $0.groupStart() }
    for other in 0..<count {
      call("ncclSend") { library in
        library.send(
          parts.addressForNCCL + other * bytes, bytes, NCCLLibrary.bytes, Int32(other), handle, device.stream)
      }
      call("ncclRecv") { library in
        library.receive(
          arrived.addressForNCCL + other * bytes, bytes, NCCLLibrary.bytes, Int32(other), handle, device.stream)
      }
    }
    call("ncclGroupEnd") { $0.groupEnd() }
  }

  /// Enqueues something on the device's stream, behind what computes its operands. A failure ends the program, as all of
  /// the device's do.
  private func call(_ what: String, _ body: (NCCLLibrary) -> NCCLLibrary.Status) {
    device.enter()
    // Outside of the queue, since the call may wait for ranks that are other threads of this process: nobody else may ask
    // anything of the device meanwhile, and nobody does.
    device.queue.submit()
    do { try library.check(body(library), what) } catch { CUDAFailure.end("\(error.what), \(error.place)") }
  }

  // MARK: Everything else

  public var rank: Int { carrier.rank }
  public var count: Int { carrier.count }
  public var localCount: Int { carrier.localCount }
  public var localRank: Int { carrier.localRank }
  public var isOfAnyThread: Bool { carrier.isOfAnyThread }
  public func sum(_ values: UnsafeMutableBufferPointer<Float>) { carrier.sum(values) }
  public func max(_ bytes: UnsafeMutableBufferPointer<UInt8>) { carrier.max(bytes) }
  public func gather(_ own: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer) {
    carrier.gather(own, into: all)
  }
  public func reduceScatter(_ all: UnsafeBufferPointer<Float>, into own: UnsafeMutableBufferPointer<Float>) {
    carrier.reduceScatter(all, into: own)
  }
  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer) { carrier.broadcast(bytes) }
  public func barrier() { carrier.barrier() }
  public func abort(_ code: Int32) -> Never { carrier.abort(code) }
}

extension Communicator {
  /// The ranks that compute on the very device that this one computes on, with this one; of the host, those on this machine.
  /// All ranks ask.
  public func sharers(of device: Device) -> Int {
    guard !isAlone else { return 1 }
    let all = identities(of: device.cuda == nil ? nil : device)
    guard let own = all[rank] else { return localCount }
    return all.count { $0 == own }
  }

  /// The same ranks with NCCL between their devices, where `device` is a CUDA device, every rank has another one, and all
  /// have the library and want it (`MASKSUB_NCCL`). Else these ranks, for which a device's tensors go through the host's
  /// memory. All ranks ask.
  public func joining(_ device: Device) throws(InputError) -> any Communicator {
    guard !isAlone else { return self }
    let own = device.cuda
    let library = own == nil || !NCCLLibrary.isWanted ? nil : NCCLLibrary.shared
    let all = identities(of: library == nil ? nil : device)
    guard let own, let library, !all.contains(nil), Set(all).count == count else { return self }
    return try NCCL(self, own, library)
  }

  /// What tells the ranks' CUDA devices from each other, in the order of ranks; nil for a rank that gives none, or one whose
  /// driver does not tell. All ranks ask.
  private func identities(of device: Device?) -> [[UInt8]?] {
    let none = [UInt8](repeating: 0, count: 16)
    let all = gather(device.flatMap { CUDADriver.shared?.identity(of: $0.ordinal) } ?? none)
    return (0..<count).map { Array(all[$0 * none.count..<($0 + 1) * none.count]) }.map { $0 == none ? nil : $0 }
  }
}

extension Tensor {
  fileprivate var addressForNCCL: UnsafeMutableRawPointer { UnsafeMutableRawPointer(pointer(UInt8.self)) }
}
