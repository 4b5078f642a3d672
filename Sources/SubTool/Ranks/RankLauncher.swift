import CSystem
import Foundation
import SubCore
import SubData
import SubTrain

/// Starts this program again, several times, under the `mpirun` of this machine (MASKSUB_MPIRUN names another), and waits
/// for it.
struct RankLauncher {
  private let program: String
  private let options: [String]

  /// Finds the launcher. Throws where there is none.
  init() throws {
    let environment = ProcessInfo.processInfo.environment
    let wanted = environment["MASKSUB_MPIRUN"] ?? "mpirun"
    let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    let places = wanted.contains("/") ? [wanted] : folders.map { FileSystem.join($0, wanted) }
    guard let program = places.first(where: { access($0, X_OK) == 0 }) else {
      throw InputError(
        "there is no \(wanted), which starts the ranks", at: "--ranks",
        cure: "install MPI (apt-get install openmpi-bin, or mpich), or name its mpirun in MASKSUB_MPIRUN")
    }
    self.program = program
    // Ranks have threads of their own, so none is to be bound to a core. What Open MPI says of a rank that failed is said
    // already, and by it cores are slots that may be too few.
    let isHydra = ["HYDRA", "Intel"].contains { Self.version(of: program).contains($0) }
    options = isHydra ? ["-bind-to", "none"] : ["--quiet", "--bind-to", "none", "--oversubscribe"]
  }

  /// What the launcher says that it is.
  private static func version(of program: String) -> String {
    guard let pipe = popen("\(program.shellWord) --version 2>&1", "r") else { return "" }
    defer { pclose(pipe) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, pipe)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// Runs the command line `arguments` in `count` processes, whose output goes to `console`. The exit code.
  func run(_ count: Int, _ arguments: [String], _ console: Console) throws -> Int32 {
    guard let own = FileSystem.resolved("/proc/self/exe") else {
      throw InputError("this system does not tell where the program is", at: "--ranks", cure: "start it with mpirun")
    }
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1)
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1)
    setenv("OMP_NUM_THREADS", "\(max(1, Processor.threads / count))", 0)
    let (process, output) = start([program, "-n", "\(count)"] + options + [own] + Self.joined(arguments))
    guard process > 0 else { throw FileSystem.error("cannot start the ranks", program) }
    let (code, isTold) = try end(of: process, output, console)
    // What ranks end with where they come to an end.
    guard ![0, 1, 2, 130].contains(code) else {
      // MPICH's launcher may lose the code of ranks that were told to stop: nobody is to take such a run for a whole one.
      return isTold && code == 0 ? 130 : code
    }
    // Before a launcher or a rank heeds signals they end it, and the launcher then the other ranks.
    let signals = [SIGUSR1, SIGTERM]
    if isTold, (signals + signals.map { 128 + $0 }).contains(code) { throw Interruption() }
    let isKilled = [9, 137].contains(code)
    throw InputError(
      isKilled ? "a rank was killed, perhaps for lack of memory" : "a rank ended unexpectedly (exit code \(code))",
      at: "--ranks", cure: "a run goes on from its newest checkpoint with --resume")
  }

  /// The line without a word that is `:` alone, behind which launchers look for another program. A line that was parsed has
  /// such words as values of options only.
  static func joined(_ arguments: [String]) -> [String] {
    arguments.reduce(into: []) { words, word in
      if word == ":", let option = words.popLast() { words.append("\(option)=\(word)") } else { words.append(word) }
    }
  }

  private func start(_ words: [String]) -> (process: Int32, output: Int32) {
    let copies = words.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    var output: Int32 = -1
    let process = copies.withUnsafeBufferPointer { sys_start_group(program, $0.baseAddress!, &output) }
    return (process, output)
  }

  /// Waits for the launcher, passes on what it prints, and hands a signal on as the one by which ranks stop at the same step
  /// and save. Its exit code, and whether it was told to stop.
  private func end(of process: Int32, _ output: Int32, _ console: Console) throws -> (code: Int32, isTold: Bool) {
    defer { close(output) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    var (code, isTold, isRead): (Int32, Bool, Bool) = (0, false, true)
    var turn = WallClock.seconds() + 1
    while true {
      let hasEnded = sys_has_ended(process, &code)
      let count = sys_read_within(20, output, &bytes, bytes.count)
      if count > 0, isRead {
        // A reader that goes away does not end a training of one process; MPICH's launcher would end the ranks.
        do {
          try console.write(bytes[..<count])
          try console.flush()
        } catch is ReaderGone { isRead = false }
      }
      if hasEnded, count == 0 { return (code, isTold) }
      // Between their own beginning and that of the ranks Open MPI's launcher loses a signal, and MPICH's may then wait without
      // end: not in the first second, and every second again.
      if !hasEnded, Interruption.isRequested, WallClock.seconds() >= turn {
        sys_tell_to_stop(process)
        (isTold, turn) = (true, WallClock.seconds() + 1)
      }
    }
  }
}
