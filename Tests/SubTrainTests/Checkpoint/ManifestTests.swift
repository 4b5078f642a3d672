import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

/// What is damaged is noticed and named, and the newest whole checkpoint is taken.
@Suite struct ManifestTests {
  private let folder = TemporaryFolder()

  /// A run with checkpoints behind steps 3, 6, 9 and 10.
  private func run(_ name: String = "run") throws -> RunFolder {
    let run = try RunFolder.create(folder[name], command: "points")
    try run.writeConfiguration(command: "points", arguments: [], [:])
    try PointClasses().trainer(in: run) { $0.keep = 9 }.train()
    return run
  }

  private func newest(_ run: RunFolder) throws -> (step: String?, notes: [String]) {
    var notes: [String] = []
    let checkpoint = try Checkpoint.newest(of: run) { notes.append($0) }
    return (checkpoint.map { FileSystem.name($0.path) }, notes)
  }

  @Test func `a flipped bit anywhere in a checkpoint is noticed, and the one before is taken`() throws {
    let run = try run()
    let checkpoint = "\(run.checkpointsPath)/10"
    let names = try FileSystem.names(in: checkpoint)
    #expect(names == ["manifest.json", "model.safetensors", "optimizer.safetensors", "state.json"])
    for (number, name) in names.enumerated() {
      let path = "\(checkpoint)/\(name)"
      let bytes = try TemporaryFolder.bytes(path)
      for round in 0..<100 {
        let key = RandomKey(seed: number).fold(round)
        var damaged = bytes
        damaged[key.integer(below: bytes.count, at: 0)] ^= 1 << UInt8(key.integer(below: 8, at: 1))
        try AtomicFile.write(damaged, to: path)
        let found = try newest(run)
        #expect(found.step == "9" && found.notes.count == 1, "\(name), round \(round): \(found)")
        #expect(found.notes.first?.contains(checkpoint) == true)
      }
      try AtomicFile.write(bytes, to: path)
    }
    #expect(try newest(run).step == "10" && newest(run).notes.isEmpty)
  }

  @Test func `missing and cut files are named`() throws {
    let run = try run()
    for name in try FileSystem.names(in: "\(run.checkpointsPath)/10") {
      let path = "\(run.checkpointsPath)/10/\(name)"
      let bytes = try TemporaryFolder.bytes(path)
      try AtomicFile.write(Array(bytes.dropLast(2)), to: path)
      #expect(try newest(run).step == "9" && newest(run).notes[0].contains(path), "\(name)")
      FileSystem.remove(path)
      #expect(try newest(run).step == "9" && newest(run).notes[0].contains(path), "\(name)")
      try AtomicFile.write(bytes, to: path)
    }
    for step in [10, 9, 6, 3] { FileSystem.remove("\(run.checkpointsPath)/\(step)/model.safetensors") }
    let error = #expect(throws: InputError.self) { try newest(run) }
    #expect(error?.what.contains("no checkpoint of the run is whole") == true && error?.place.contains("/10/") == true)
  }

  @Test func `a run goes on from the newest whole checkpoint, to the same bits`() throws {
    let (whole, hurt) = (try run("whole"), try run("hurt"))
    for step in [9, 10] {
      let path = "\(hurt.checkpointsPath)/\(step)/optimizer.safetensors"
      var bytes = try TemporaryFolder.bytes(path)
      bytes[bytes.count - 3] ^= 4
      try AtomicFile.write(bytes, to: path)
    }
    try PointClasses().trainer(in: hurt).train(resuming: true)
    for name in ["model", "optimizer"] {
      let bytes = try [whole, hurt].map { try TemporaryFolder.bytes("\($0.checkpointsPath)/10/\(name).safetensors") }
      #expect(bytes[0] == bytes[1])
    }
    #expect(try FileSystem.names(in: hurt.checkpointsPath) == ["10"])
    #expect(try newest(hurt).notes.isEmpty)
  }

  @Test func `strange entries and left-over temporaries do not block`() throws {
    let run = try run()
    let place = run.checkpointsPath
    for name in ["+11", "011", "-5", "12.tmp-1-2", "notes"] { try FileSystem.makeFolder("\(place)/\(name)") }
    try AtomicFile.write("a file", to: "\(place)/13")
    #expect(try newest(run).step == "10")
    try PointClasses().trainer(steps: 13, in: run) { $0.keep = 1 }.train(resuming: true)
    #expect(try FileSystem.names(in: place).sorted() == ["+11", "-5", "011", "13", "13.aside", "notes"])
    #expect(try newest(run).step == "13")
  }

  @Test func `checkpoints of earlier versions have no manifest`() throws {
    let run = try run()
    for step in [3, 6, 9, 10] {
      FileSystem.remove("\(run.checkpointsPath)/\(step)/manifest.json")
      let state = "\(run.checkpointsPath)/\(step)/state.json"
      let members = try JSON.read(state).object?.members.filter { $0.key != "manifest" } ?? []
      try AtomicFile.write(JSON.object(JSON.Object(members.map { ($0.key, $0.value) })).text(), to: state)
    }
    #expect(try newest(run).step == "10")
    try AtomicFile.write("{", to: "\(run.checkpointsPath)/10/state.json")
    #expect(try newest(run).step == "9")
  }

  @Test func `a checkpoint that somebody reads is not removed`() throws {
    let run = try run()
    var reader: Checkpoint? = try Checkpoint.standing(for: run.path)
    let path = try #require(reader?.path)
    try PointClasses().trainer(steps: 13, in: run) { $0.keep = 1 }.train(resuming: true)
    #expect(FileSystem.kind("\(path)/model.safetensors") == .file)
    reader = nil
    try PointClasses().trainer(steps: 15, in: run) { $0.keep = 1 }.train(resuming: true)
    #expect(FileSystem.kind(path) == .absent)
  }

  @Test func `counts that no run has are refused`() throws {
    let run = try run()
    let state = "\(run.checkpointsPath)/10/state.json"
    let text = try TemporaryFolder.text(state)
    for key in ["step", "batches", "logged", "samples"] {
      let number = try #require(try JSON.parse(text, at: state)[key]?.int)
      let changed = text.replacing("\"\(key)\": \(number)", with: "\"\(key)\": 9223372036854775807")
      #expect(changed != text)
      try AtomicFile.write(changed, to: state)
      FileSystem.remove("\(run.checkpointsPath)/10/manifest.json")
      try AtomicFile.write(changed.replacing("\"manifest\": true", with: "\"manifest\": false"), to: state)
      let error = #expect(throws: InputError.self) {
        try PointClasses().trainer(steps: 12, in: run).train(resuming: true)
      }
      #expect(error?.what.contains("'\(key)'") == true)
    }
  }

  @Test func `a log that lost lines is said, and the run goes on`() throws {
    let run = try run()
    try AtomicFile.write("", to: run.metricsPath)
    var notes: [String] = []
    let trainer = PointClasses().trainer(steps: 12, in: run, reporter: LineReporter { notes.append($0) })
    try trainer.train(resuming: true)
    #expect(notes.contains { $0.contains("lines are missing") })
    // Steps 11 and 12 and what the end evaluates; the earlier lines are gone.
    let lines = try TemporaryFolder.text(run.metricsPath).split(separator: "\n")
    #expect(
      lines.count == 3 && lines.allSatisfy { $0.contains("\"step\":11") || $0.contains("\"step\":12") }, "\(lines)")
  }
}
