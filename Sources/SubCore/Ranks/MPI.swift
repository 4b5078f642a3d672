import CSystem

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The ranks that a launcher (`mpirun`, `srun`) started, by MPI: Open MPI's library, MPICH's or one of the MPI 5 ABI, opened
/// at run time. Nothing of it is needed by a process alone.
public final class MPI: Communicator {
  public let rank, count, localCount, localRank: Int
  public let isOfAnyThread: Bool

  /// Whether a launcher started this process: the number that it gave it, and how many it started.
  public static var launched: (rank: Int, count: Int)? {
    let count = Int(sys_launched_ranks())
    return count > 0 ? (Int(sys_launched_rank()), count) : nil
  }

  /// Whether Open MPI's `mpirun` or MPICH's started this process, perhaps alone: no `mpirun` starts others in it.
  public static var isUnderMPIRun: Bool {
    Environment.value("OMPI_COMM_WORLD_SIZE") != nil || Environment.value("PMI_SIZE") != nil
  }

  /// The library that would be opened, with its make and version, or why there is none.
  public static var found: Result<String, InputError> { Result { () throws(InputError) -> String in try open() } }

  /// Joins the others. Throws where there is no library, or not the launcher's.
  public init() throws(InputError) {
    let engine = try Self.open()
    guard sys_mpi_begin() else {
      throw InputError(
        "MPI does not begin: \(engine)", at: "MPI_Init_thread", cure: "look at what the library said above")
    }
    let (rank, count) = (Int(sys_mpi_rank()), Int(sys_mpi_size()))
    let launched = Self.launched?.count ?? count
    guard launched == count else {
      throw InputError(
        "the launcher started \(launched) processes, of which \(engine) knows \(count)", at: "mpirun",
        cure: "start with the mpirun of the library's own make, or name the launcher's library in MASKSUB_MPI",
        isUsage: true)
    }
    (self.rank, self.count) = (rank, count)
    isOfAnyThread = sys_mpi_serializes()
    sys_mpi_set_patience(try Self.patience())
    let isLocal = Self.locality(count)
    localCount = isLocal.count { $0 }
    localRank = isLocal[..<rank].count { $0 }
  }

  /// Seconds for which ranks wait for each other: half an hour, which is longer than what one of them does alone.
  private static func patience() throws(InputError) -> Int32 {
    guard let given = Environment.value("MASKSUB_RANK_TIMEOUT") else { return 1800 }
    guard let seconds = Int32(given), seconds >= 0 else {
      throw InputError(
        "this is no number of seconds", at: "MASKSUB_RANK_TIMEOUT=\(given)", cure: "give 600, or 0 to wait without end",
        isUsage: true)
    }
    return seconds
  }

  private static func open() throws(InputError) -> String {
    let given = Environment.value("MASKSUB_MPI")
    if let wrong = sys_mpi_open(given) {
      throw InputError(
        "no MPI library can be opened: \(String(cString: wrong))", at: given.map { "MASKSUB_MPI=\($0)" } ?? "MPI",
        cure: "install one (apt-get install openmpi-bin, or mpich), or name it in MASKSUB_MPI")
    }
    return "\(String(cString: sys_mpi_version())) (\(String(cString: sys_mpi_name())))"
  }

  /// Which ranks run under the kernel that this one runs under.
  private static func locality(_ count: Int) -> [Bool] {
    var name = [UInt8](repeating: 0, count: 64)
    if let file = fopen("/proc/sys/kernel/random/boot_id", "r") {
      _ = fread(&name, 1, name.count, file)
      fclose(file)
    } else {
      name.withUnsafeMutableBytes { _ = gethostname($0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
    }
    var all = [UInt8](repeating: 0, count: name.count * count)
    sys_mpi_gather(name, &all, name.count)
    return (0..<count).map { all[$0 * name.count..<($0 + 1) * name.count].elementsEqual(name) }
  }

  public func sum(_ values: UnsafeMutableBufferPointer<Float>) { sys_mpi_sum(values.baseAddress, values.count) }

  public func max(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    let own = Array(bytes)
    let all = gather(own)
    for rank in 0..<count {
      for place in own.indices { bytes[place] = Swift.max(bytes[place], all[rank * own.count + place]) }
    }
  }

  public func gather(_ own: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer) {
    sys_mpi_gather(own.baseAddress, all.baseAddress, own.count)
  }

  public func reduceScatter(_ all: UnsafeBufferPointer<Float>, into own: UnsafeMutableBufferPointer<Float>) {
    sys_mpi_reduce_scatter(all.baseAddress, own.baseAddress, own.count)
  }

  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer) { sys_mpi_broadcast(bytes.baseAddress, bytes.count) }
  public func barrier() { sys_mpi_barrier() }
  public func abort(_ code: Int32) -> Never { sys_mpi_abort(code) }

  /// Leaves the others, once all are here. Never behind an error: those that do not come would be waited for.
  public func finish() { sys_mpi_finish() }
}
