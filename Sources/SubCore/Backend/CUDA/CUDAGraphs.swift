#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Pieces of work that came before: the second time one comes it is captured as a graph, which from then on is enqueued in one
/// call. To enqueue hundreds of small kernels one by one takes the host longer than the device takes to run them.
///
/// Only pieces with the very same commands are taken for the same: other shapes, other memory, other numbers, and the commands
/// are enqueued one by one as if there were no graphs.
final class CUDAGraphs {
  /// Commands of the smallest piece that is worth a graph.
  private static let leastCount = 16
  private struct Graph {
    let commands: CommandList
    let executable: CUDAHandle?
    var lastUse: Int
  }
  private let driver: CUDADriver
  private let stream: CUDAHandle?
  private var graphs: [UInt64: Graph] = [:]
  /// Fingerprints of what came once, and of what the device had no memory for.
  private var seen: Set<UInt64> = []
  private var refused: Set<UInt64> = []
  private var uses = 0
  private(set) var captured = CapturedWork()
  /// Gives back memory of the device that lies free.
  private let makeRoom: () -> Void
  /// How many graphs are kept.
  private let capacity: Int

  /// Graphs for a stream, unless they are not wanted.
  init(
    _ driver: CUDADriver, _ stream: CUDAHandle?, areWanted: Bool, capacity: Int = 256, makeRoom: @escaping () -> Void
  ) {
    (self.driver, self.stream, self.capacity, self.makeRoom) = (driver, stream, capacity, makeRoom)
    if !areWanted { captured.obstacle = "graphs are switched off" }
  }

  /// Whether `MASKSUB_CUDA_GRAPHS` is not 0.
  static var areWanted: Bool { getenv("MASKSUB_CUDA_GRAPHS").map { String(cString: $0) != "0" } ?? true }

  /// Enqueues commands, each by `perform`, which says what went wrong: that ends the program.
  func send(_ commands: CommandList, _ perform: (CommandList.Command) -> String?) {
    captured.commands += commands.count
    if captured.obstacle == nil, commands.count >= Self.leastCount, play(commands, perform) {
      captured.inGraphs += commands.count
    } else if let failure = commands.first(perform) {
      CUDAFailure.end(failure)
    }
  }

  /// Enqueues commands as a graph; false where there is none of them.
  private func play(_ commands: CommandList, _ perform: (CommandList.Command) -> String?) -> Bool {
    let fingerprint = commands.fingerprint
    guard !refused.contains(fingerprint), let executable = executable(of: commands, fingerprint, perform) else {
      return false
    }
    // What a graph needs of the device's memory, it may need when it is first enqueued.
    let status = makingRoom { driver.graphLaunch(executable, stream) }
    if status == CUDADriver.outOfMemory {
      forget(fingerprint)
      refused.insert(fingerprint)
      return false
    }
    driver.check(status, "cuGraphLaunch")
    return true
  }

  /// The answer of a call, which is made again where memory had to be given back for it.
  private func makingRoom(_ call: () -> CUDADriver.Status) -> CUDADriver.Status {
    let status = call()
    guard status == CUDADriver.outOfMemory else { return status }
    makeRoom()
    return call()
  }

  private func forget(_ fingerprint: UInt64) {
    guard let graph = graphs.removeValue(forKey: fingerprint) else { return }
    // The driver keeps a graph that still runs.
    driver.check(driver.graphExecutableDestroy(graph.executable), "cuGraphExecDestroy")
    seen.remove(fingerprint)
  }

  /// The graph of commands that came before.
  private func executable(
    of commands: CommandList, _ fingerprint: UInt64, _ perform: (CommandList.Command) -> String?
  ) -> CUDAHandle? {
    uses += 1
    if let known = graphs[fingerprint] {
      guard known.commands.words == commands.words else { return nil }
      graphs[fingerprint]!.lastUse = uses
      return known.executable
    }
    guard seen.contains(fingerprint) else {
      // Texts of all lengths hardly ever come again: a long run forgets.
      if seen.count >= 1 << 16 { seen = [] }
      seen.insert(fingerprint)
      return nil
    }
    if graphs.count >= capacity, let oldest = graphs.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      // Where more pieces than that come in turn, none would live to be used.
      guard uses - oldest.value.lastUse > 4 * capacity else { return nil }
      forget(oldest.key)
    }
    guard let executable = capture(commands, fingerprint, perform) else { return nil }
    graphs[fingerprint] = Graph(commands: commands, executable: executable, lastUse: uses)
    return executable
  }

  /// Commands as a graph; nil where they cannot be captured, from then on for all, or the device has no memory for them.
  private func capture(
    _ commands: CommandList, _ fingerprint: UInt64, _ perform: (CommandList.Command) -> String?
  ) -> CUDAHandle? {
    var (graph, executable) = (CUDAHandle?.none, CUDAHandle?.none)
    // Mode 2: other streams go on meanwhile.
    var failure = driver.failure(driver.captureBegin(stream, 2), "cuStreamBeginCapture")
    if failure == nil {
      failure = commands.first(perform)
      let end = driver.failure(driver.captureEnd(stream, &graph), "cuStreamEndCapture")
      failure = failure ?? end
    }
    if failure == nil {
      let status = makingRoom { driver.graphInstantiate(&executable, graph, 0) }
      if status == CUDADriver.outOfMemory {
        refused.insert(fingerprint)
      } else {
        failure = driver.failure(status, "cuGraphInstantiate")
      }
    }
    if let graph { _ = driver.graphDestroy(graph) }
    captured.obstacle = failure
    return executable
  }
}
