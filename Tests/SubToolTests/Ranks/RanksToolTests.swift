import Foundation
import SubData
import TestSupport
import Testing

/// Those of both makes where they stand side by side, as Debian has them.
private let launchers = ["mpirun.openmpi", "mpirun.mpich"].compactMap { name in
  (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// The program itself under real launchers; passed over where none is installed.
@Suite(.serialized) struct RanksToolTests {
  private struct Ended {
    let code: Int32
    let output, error: String
  }

  /// Runs a program, the tool unless another is named, and does something to it once it has said `moment`, or a while after
  /// it started the first process of its own.
  private static func run(
    _ program: String? = nil, _ words: [String], launcher: String? = nil, library: String? = nil,
    patience: String? = nil, after moment: String? = nil, milliseconds: UInt32? = nil,
    _ act: (Process) -> Void = { _ in }
  ) throws -> Ended {
    let built = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let tool = FileSystem.join(FileSystem.parent(built), "masksub")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program ?? tool)
    process.arguments = program == nil ? words : words + [tool]
    var environment = ProcessInfo.processInfo.environment
    environment["MASKSUB_HOME"] = Repository.path
    environment["MASKSUB_MPIRUN"] = launcher
    environment["MASKSUB_MPI"] = library
    environment["MASKSUB_RANK_TIMEOUT"] = patience
    environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
    environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    process.environment = environment
    let (output, error) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, error)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var said = Data()
    while let moment, !String(decoding: said, as: UTF8.self).contains(moment) {
      let more = error.fileHandleForReading.availableData
      if more.isEmpty { break }
      said += more
    }
    if let milliseconds {
      for _ in 0..<1000 where !hasChild(process.processIdentifier) { usleep(5000) }
      usleep(milliseconds * 1000)
    }
    if moment != nil || milliseconds != nil { act(process) }
    said += error.fileHandleForReading.readDataToEndOfFile()
    let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Ended(code: process.terminationStatus, output: printed, error: String(decoding: said, as: UTF8.self))
  }

  /// Whether a process has started another one.
  private static func hasChild(_ parent: Int32) -> Bool {
    ((try? FileSystem.names(in: "/proc")) ?? []).contains { name in
      // NUMBER (NAME) STATE PARENT …
      let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8)
      return stat?.split(separator: ")").last?.split(separator: " ").dropFirst().first == "\(parent)"
    }
  }

  private static let small = ["train", "--threads", "1", "--workers", "1", "--batch-size", "8", "--set", "log_every=1"]

  /// The losses of a run, and the bytes of the weights of its last checkpoint.
  private static func content(of run: String) throws -> (losses: [Double], weights: [UInt8]) {
    let lines = try InputFile("\(run)/metrics.jsonl").text().split(separator: "\n")
    let records = try lines.map { try JSON.parse(String($0), at: run) }
    let steps = try FileSystem.names(in: "\(run)/checkpoints").compactMap { Int($0) }
    return (
      records.filter { $0["split"]?.string == "train" }.compactMap { $0["loss"]?.double },
      try TemporaryFolder.bytes("\(run)/checkpoints/\(steps.max() ?? 0)/model.safetensors")
    )
  }

  @Test(.enabled(if: !launchers.isEmpty, "neither mpirun.openmpi nor mpirun.mpich is here"))
  func `ranks train and evaluate as one process does, whatever starts them`() throws {
    let folder = TemporaryFolder()
    let line = Self.small + ["--set", "max_steps=5"]
    #expect(try Self.run(nil, line + ["--output", folder["one"]]).code == 0)
    let one = try Self.content(of: folder["one"])
    let figures = try Self.run(nil, ["eval", "--from", folder["one"]]).output
    var weights: [[UInt8]] = []
    for launcher in launchers {
      let place = folder[FileSystem.name(launcher)]
      let trained = try Self.run(nil, line + ["--ranks", "2", "--output", place], launcher: launcher)
      #expect(trained.code == 0 && trained.error.contains("2 ranks, each with 4 of a batch's 8 samples"), "\(trained)")
      let own = try Self.content(of: place)
      #expect(own.losses.count == 5 && zip(own.losses, one.losses).allSatisfy { abs($0 - $1) < 1e-5 * $1 })
      weights.append(own.weights)
      let evaluated = try Self.run(nil, ["eval", "--from", folder["one"], "--ranks", "2"], launcher: launcher)
      #expect(evaluated.code == 0 && evaluated.output == figures, "\(evaluated)")
    }
    #expect(weights.allSatisfy { $0 == weights[0] })
  }

  @Test(.enabled(if: !launchers.isEmpty, "neither mpirun.openmpi nor mpirun.mpich is here"))
  func `batch-norm over ranks and early sums make the run of one process`() throws {
    let folder = TemporaryFolder()
    for (name, options) in [
      ("batch-norm", ["--recipe=resnet-shapes", "--sync-bn=true"]), ("early", ["--overlap=always"]),
    ] {
      let line = Self.small + options + ["--set", "max_steps=4"]
      #expect(try Self.run(nil, line + ["--output", folder["\(name)-1"]]).code == 0)
      let ranks = try Self.run(
        nil, line + ["--ranks", "2", "--output", folder["\(name)-2"]], launcher: launchers[0])
      #expect(ranks.code == 0 && !ranks.error.contains("does nothing"), "\(ranks)")
      let (one, two) = (try Self.content(of: folder["\(name)-1"]), try Self.content(of: folder["\(name)-2"]))
      #expect(two.losses.count == 4 && zip(two.losses, one.losses).allSatisfy { abs($0 - $1) < 1e-5 * $1 }, "\(name)")
    }
  }

  @Test(.enabled(if: !launchers.isEmpty, "neither mpirun.openmpi nor mpirun.mpich is here"))
  func `a signal stops all ranks with a checkpoint`() throws {
    let folder = TemporaryFolder()
    for launcher in launchers {
      let place = folder[FileSystem.name(launcher)]
      let line = Self.small + ["--set", "max_steps=100000", "--ranks", "2", "--output", place]
      let stopped = try Self.run(nil, line, launcher: launcher, after: "train step") { $0.interrupt() }
      #expect(stopped.code == 130, "\(stopped)")
      #expect(stopped.error.contains("Go on with: masksub train --resume \(place)"))
      #expect(!(try FileSystem.names(in: "\(place)/checkpoints")).isEmpty)
    }
  }

  @Test(.enabled(if: !launchers.isEmpty, "neither mpirun.openmpi nor mpirun.mpich is here"))
  func `a signal in the first moments is not lost`() throws {
    let folder = TemporaryFolder()
    for launcher in launchers {
      for (place, moment) in [0, 50, 100, 150, 250, 400].enumerated() {
        let run = folder["\(FileSystem.name(launcher))-\(moment)"]
        // One that is lost ends with 0.
        let line = Self.small + ["--set", "max_steps=300", "--ranks", "2", "--output", run]
        let stopped = try Self.run(nil, line, launcher: launcher, milliseconds: UInt32(moment)) { process in
          kill(process.processIdentifier, [SIGINT, SIGTERM, SIGHUP][place % 3])
        }
        #expect(stopped.code == 130, "\(moment): \(stopped)")
        #expect(!stopped.error.contains("error:"), "\(moment): \(stopped)")
        #expect(Self.processes(with: run, butFor: 0) == [])
      }
    }
  }

  @Test(.enabled(if: !launchers.isEmpty, "neither mpirun.openmpi nor mpirun.mpich is here"))
  func `a training outlives the reader of its output`() throws {
    let folder = TemporaryFolder()
    for launcher in launchers {
      let run = folder[FileSystem.name(launcher)]
      let words = Self.small + ["--set", "max_steps=3", "--ranks", "2", "--output", run]
      let script = folder["\(FileSystem.name(launcher)).sh"]
      try AtomicFile.write("{ \"$1\" \(words.joined(separator: " ")); echo \"code $?\" >&2; } | :\n", to: script)
      let ended = try Self.run("/bin/sh", [script], launcher: launcher)
      #expect(ended.error.contains("code 0\n"), "\(ended)")
      #expect(try FileSystem.names(in: "\(run)/checkpoints") == ["3"])
    }
  }

  /// The processes whose command line has a word, but for one.
  private static func processes(with word: String, butFor own: Int32) -> [Int32] {
    ((try? FileSystem.names(in: "/proc")) ?? []).compactMap { Int32($0) }.filter { pid in
      let file = URL(fileURLWithPath: "/proc/\(pid)/cmdline")
      guard pid != own, let line = try? Data(contentsOf: file) else { return false }
      let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return words.first?.hasSuffix("/masksub") == true && words.contains(word)
    }.sorted()
  }

  @Test(.enabled(if: !launchers.isEmpty, "neither mpirun.openmpi nor mpirun.mpich is here"))
  func `a rank that does not answer is not waited for without end`() throws {
    let folder = TemporaryFolder()
    for launcher in launchers {
      for isFirst in [true, false] {
        let place = folder["\(FileSystem.name(launcher))-\(isFirst)"]
        let line = Self.small + ["--set", "max_steps=100000", "--ranks", "2", "--output", place]
        let ended = try Self.run(nil, line, launcher: launcher, patience: "2", after: "train step") { process in
          let ranks = Self.processes(with: place, butFor: process.processIdentifier)
          #expect(ranks.count == 2)
          (isFirst ? ranks.first : ranks.last).map { _ = kill($0, SIGSTOP) }
        }
        #expect(ended.code == 1 && ended.error.contains("error: no answer from the other ranks in 2 s"), "\(ended)")
        #expect(Self.processes(with: place, butFor: 0) == [])
      }
    }
    let wrong = try Self.run(nil, Self.small + ["--ranks", "2"], launcher: launchers[0], patience: "soon")
    #expect(wrong.code == 2 && wrong.error.contains("this is no number of seconds (MASKSUB_RANK_TIMEOUT=soon)"))
  }

  @Test(.enabled(if: !launchers.isEmpty, "neither mpirun.openmpi nor mpirun.mpich is here"))
  func `what cannot be is refused`() throws {
    let folder = TemporaryFolder()
    let launcher = launchers[0]
    let odd = try Self.run(nil, Self.small + ["--ranks", "3", "--output", folder["odd"]], launcher: launcher)
    #expect(odd.code == 2 && odd.error.contains("3 ranks do not divide a batch of 8"), "\(odd)")
    // Rank 0 speaks for all.
    #expect(odd.error.components(separatedBy: "error:").count == 2)

    let alone = try Self.run(launcher, ["-n", "2"])
    #expect(alone.code != 0 && alone.error.contains("no command is given"))
    let script = folder["inspect.sh"]
    try AtomicFile.write("exec \"$1\" inspect nothing\n", to: script)
    for launcher in launchers {
      // Behind a colon launchers look for another program.
      let named = try Self.run(nil, ["train", "--ranks", "2", "--data", ":"], launcher: launcher)
      #expect(named.code == 1 && named.error.contains("masksub: error: ") && named.error.contains("(:)"), "\(named)")
      let again = folder["again.sh"]
      try AtomicFile.write("exec \"$1\" train --ranks 2\n", to: again)
      let twice = try Self.run(launcher, ["-n", "1", "/bin/sh", again])
      #expect(
        twice.code != 0
          && twice.error.contains(
            "the launcher started 1 process (--ranks 2): start mpirun with -n 2, or leave it out"),
        "\(twice)")
    }
    let inspected = try Self.run(launcher, ["-n", "2", "/bin/sh", script])
    #expect(inspected.code != 0 && inspected.error.contains("masksub inspect runs as one process"), "\(inspected)")
  }

  @Test(.enabled(if: launchers.count == 2, "both makes of MPI are needed"))
  func `a library of another make is told from the launcher's`() throws {
    let folder = TemporaryFolder()
    let run = try Self.run(
      nil, Self.small + ["--ranks", "2", "--output", folder["run"]], launcher: launchers[0],
      library: "libmpich.so.12")
    #expect(run.code != 0 && run.error.contains("the launcher started 2 processes, of which MPICH"), "\(run)")
    #expect(FileSystem.kind(folder["run"]) == .absent)
  }

  @Test func `without a launcher there are no ranks`() throws {
    let folder = TemporaryFolder()
    let run = try Self.run(nil, Self.small + ["--ranks", "2", "--output", folder["run"]], launcher: "no-such-mpirun")
    #expect(run.code == 1 && run.error.contains("there is no no-such-mpirun, which starts the ranks"), "\(run)")
  }
}
