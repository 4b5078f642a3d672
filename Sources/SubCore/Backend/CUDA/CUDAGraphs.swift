/// Pieces of work that came before: the second time one comes it is captured as a graph, which from then on is enqueued in one
/// call. To enqueue hundreds of small kernels one by one takes the host longer than the device takes to run them.
///
/// Only pieces with the very same commands are taken for the same: other shapes, other memory, other numbers, and the commands
/// are enqueued one by one as if there were no graphs.
final class CUDAGraphs {
  /// Commands of the smallest piece that is worth a graph.
  private static let leastCount = 16
  /// Fingerprints that are kept at most.
  private static let remembered = 1 << 16
  private struct Graph {
    let commands: CommandList
    let executable: CUDAHandle?
    var lastUse: Int
  }
  private let driver: CUDADriver
  private let stream: CUDAHandle?
  private var graphs: [UInt64: Graph] = [:]
  /// Fingerprints of what came once, and how often the device had no memory for what comes again.
  private var seen: Set<UInt64> = []
  private var refusals: [UInt64: Int] = [:]
  private var uses = 0
  private(set) var captured = CapturedWork()
  /// Gives back memory of the device that lies free, and whether that is due.
  private let makeRoom: () -> Void
  private var needsRoom = false
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
  static var areWanted: Bool { Environment.value("MASKSUB_CUDA_GRAPHS") != "0" }

  /// Enqueues commands, each by `perform`, which says what went wrong: that ends the program.
  func send(_ commands: CommandList, _ perform: (CommandList.Command) -> String?) {
    captured.commands += commands.count
    if captured.obstacle == nil, commands.count >= Self.leastCount, play(commands, perform) {
      captured.inGraphs += commands.count
    } else if let failure = commands.first(perform) {
      CUDAFailure.end(failure)
    }
    // Not before: memory that lies free may have been freed behind these commands, which still use it.
    if needsRoom { makeRoom() }
    needsRoom = false
  }

  /// Enqueues commands as a graph; false where there is none of them.
  private func play(_ commands: CommandList, _ perform: (CommandList.Command) -> String?) -> Bool {
    let fingerprint = commands.fingerprint
    guard refusals[fingerprint, default: 0] < 2, let executable = executable(of: commands, fingerprint, perform) else {
      return false
    }
    // What a graph needs of the device's memory, it may need when it is first enqueued.
    let status = driver.graphLaunch(executable, stream)
    if status == CUDADriver.outOfMemory {
      refuse(fingerprint)
    } else {
      captured.obstacle = driver.failure(status, "cuGraphLaunch")
    }
    return status == 0
  }

  /// Leaves a piece that the device has no memory for to be enqueued one by one; it is tried once more, with more room.
  private func refuse(_ fingerprint: UInt64) {
    forget(fingerprint)
    if refusals.count >= Self.remembered { refusals = [:] }
    refusals[fingerprint, default: 0] += 1
    needsRoom = refusals[fingerprint] == 1
  }

  private func forget(_ fingerprint: UInt64) {
    guard let graph = graphs.removeValue(forKey: fingerprint) else { return }
    // The driver keeps a graph that still runs.
    driver.check(driver.graphExecutableDestroy(graph.executable), "cuGraphExecDestroy")
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
      if seen.count >= Self.remembered { seen = [] }
      seen.insert(fingerprint)
      return nil
    }
    if graphs.count >= capacity, let oldest = graphs.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      // Where more pieces than that come in turn, none would live to be used.
      guard uses - oldest.value.lastUse > 4 * capacity else { return nil }
      forget(oldest.key)
      seen.remove(oldest.key)
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
      let status = driver.graphInstantiate(&executable, graph, 0)
      if status == CUDADriver.outOfMemory {
        refuse(fingerprint)
      } else {
        failure = driver.failure(status, "cuGraphInstantiate")
      }
    }
    if let graph { _ = driver.graphDestroy(graph) }
    captured.obstacle = failure
    return executable
  }
}
