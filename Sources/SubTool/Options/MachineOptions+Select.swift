import SubCore

extension MachineOptions {
  /// Sets the threads and names the device. Of `ranks` on one machine each has one of its CUDA devices, where none is
  /// named by its number. Throws where it does not compute in the precision.
  func select(_ ranks: any Communicator = SingleProcess()) throws -> Device {
    try precision.check(on: device)
    if let threads, threads > 8 * Processor.cores() {
      throw InputError(
        "there are \(Processor.cores()) cores: \(threads) threads would mostly wait for each other",
        at: "--threads \(threads)",
        cure: "give at most \(8 * Processor.cores()), or leave it out for one a core", isUsage: true)
    }
    Processor.threads = threads ?? 0
    guard ranks.localCount > 1, device.kind == "cuda", $device.texts.last == "cuda" else { return device }
    let all = Device.available.filter { $0.kind == "cuda" }
    return all[ranks.localRank % all.count]
  }
}

/// The devices of this build and machine. The reference is for tests.
extension Device: OptionValue {
  static var placeholder: String { "cpu|cuda[:N]" }
  static var expectation: String {
    CUDAInstallation.obstacle.map { "cpu; for cuda: \($0)" }
      ?? "cpu or \(available.filter { $0.kind == "cuda" }.map(\.description).joined(separator: ", "))"
  }
  static var choices: [String] { ["cpu", "cuda"] }
  static func parse(_ text: String, after previous: Device?) -> Device? {
    Device(text).flatMap { $0 == .reference ? nil : $0 }
  }
  var defaultText: String? { description }
}
