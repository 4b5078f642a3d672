import CSystem
import Foundation
import SubCore
import SubData

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

  /// Runs the command line `arguments` in `count` processes. A signal is handed on as the one by which ranks stop at the
  /// same step and save. The exit code.
  func run(_ count: Int, _ arguments: [String]) throws -> Int32 {
    guard let own = ProjectHome.resolved("/proc/self/exe") else {
      throw InputError("this system does not tell where the program is", at: "--ranks", cure: "start it with mpirun")
    }
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1)
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1)
    setenv("OMP_NUM_THREADS", "\(max(1, Processor.threads / count))", 0)
    let process = start([program, "-n", "\(count)"] + options + [own] + arguments)
    guard process > 0 else { throw FileSystem.error("cannot start the ranks", program) }
    var (code, isTold): (Int32, Bool) = (0, false)
    while !sys_has_ended(process, &code) {
      if !isTold, Interruption.isRequested {
        sys_tell_to_stop(process)
        isTold = true
      }
      usleep(20_000)
    }
    // What ranks end with where they come to an end.
    guard ![0, 1, 2, 130].contains(code) else {
      // MPICH's launcher may lose the code of ranks that were told to stop: nobody is to take such a run for a whole one.
      return isTold && code == 0 ? 130 : code
    }
    let isKilled = [9, 137].contains(code)
    throw InputError(
      isKilled ? "a rank was killed, perhaps for lack of memory" : "a rank ended unexpectedly (exit code \(code))",
      at: "--ranks", cure: "a run goes on from its newest checkpoint with --resume")
  }

  private func start(_ words: [String]) -> Int32 {
    let copies = words.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { sys_start_group(program, $0.baseAddress!) }
  }
}
