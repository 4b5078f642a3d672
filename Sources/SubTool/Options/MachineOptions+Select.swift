package import SubCore
import SubTrain

extension MachineOptions {
  /// Sets the threads and names the device; an error where it is not to be had.
  package func select() throws -> Device {
    Processor.threads = threads ?? 0
    guard device == "cpu" else {
      throw InputError(
        "device '\(device)' is not available in this build", at: "--device", cure: "use --device cpu", isUsage: true)
    }
    guard precision == .fp32 else {
      throw InputError(
        "the CPU computes in fp32", at: "--precision", cure: "leave out --precision", isUsage: true)
    }
    return .cpu
  }
}
