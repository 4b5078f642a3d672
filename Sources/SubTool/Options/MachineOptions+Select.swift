package import SubCore

extension MachineOptions {
  /// Sets the threads and names the device.
  package func select() -> Device {
    Processor.threads = threads ?? 0
    switch device {
    case .cpu: return .cpu
    }
  }
}
