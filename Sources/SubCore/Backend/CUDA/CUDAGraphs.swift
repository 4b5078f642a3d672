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
  /// Graphs that are kept, those that were used last.
  private static let capacity = 64

  private struct Graph {
    let commands: CommandList
    let executable: CUDAHandle?
    var lastUse: Int
  }
  private let driver: CUDADriver
  private let stream: CUDAHandle?
  private var graphs: [UInt64: Graph] = [:]
  /// Fingerprints of what came once.
  private var seen: Set<UInt64> = []
  private var uses = 0
  private(set) var captured = CapturedWork()

  /// Graphs for a stream, unless they are not wanted.
  init(_ driver: CUDADriver, _ stream: CUDAHandle?, areWanted: Bool) {
    (self.driver, self.stream) = (driver, stream)
    if !areWanted { captured.obstacle = "graphs are switched off" }
  }

  /// Whether `MASKSUB_CUDA_GRAPHS` is not 0.
  static var areWanted: Bool { getenv("MASKSUB_CUDA_GRAPHS").map { String(cString: $0) != "0" } ?? true }

  /// Enqueues commands, each by `perform`, which says what went wrong: that ends the program.
  func send(_ commands: CommandList, _ perform: (CommandList.Command) -> String?) {
    captured.commands += commands.count
    if captured.obstacle == nil, commands.count >= Self.leastCount, let executable = executable(of: commands, perform) {
      captured.inGraphs += commands.count
      return driver.check(driver.graphLaunch(executable, stream), "cuGraphLaunch")
    }
    if let failure = commands.first(perform) { CUDAFailure.end(failure) }
  }

  /// The graph of commands that came before.
  private func executable(
    of commands: CommandList, _ perform: (CommandList.Command) -> String?
  ) -> CUDAHandle? {
    let fingerprint = commands.fingerprint
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
    guard let executable = capture(commands, perform) else { return nil }
    if graphs.count >= Self.capacity, let oldest = graphs.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      // The driver keeps a graph that still runs.
      driver.check(driver.graphExecutableDestroy(oldest.value.executable), "cuGraphExecDestroy")
      graphs[oldest.key] = nil
      seen.remove(oldest.key)
    }
    graphs[fingerprint] = Graph(commands: commands, executable: executable, lastUse: uses)
    return executable
  }

  /// Commands as a graph; nil, from then on for all, where they cannot be captured.
  private func capture(_ commands: CommandList, _ perform: (CommandList.Command) -> String?) -> CUDAHandle? {
    var (graph, executable) = (CUDAHandle?.none, CUDAHandle?.none)
    // Mode 2: other streams go on meanwhile.
    var failure = driver.failure(driver.captureBegin(stream, 2), "cuStreamBeginCapture")
    if failure == nil {
      failure = commands.first(perform)
      let end = driver.failure(driver.captureEnd(stream, &graph), "cuStreamEndCapture")
      failure = failure ?? end
    }
    if failure == nil {
      failure = driver.failure(driver.graphInstantiate(&executable, graph, 0), "cuGraphInstantiate")
    }
    if let graph { _ = driver.graphDestroy(graph) }
    if let failure { captured.obstacle = failure }
    return failure == nil ? executable : nil
  }
}
