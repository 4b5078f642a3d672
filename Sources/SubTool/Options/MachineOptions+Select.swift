package import SubCore

extension MachineOptions {
  /// Sets the threads and names the device.
  package func select() -> Device {
    Processor.threads = threads ?? 0
    return device
  }
}

/// The devices of this build and machine. The reference is for tests.
extension Device: OptionValue {
  package static var placeholder: String { choices.joined(separator: "|") }
  package static var expectation: String { "one of \(choices.joined(separator: ", "))" }
  package static var choices: [String] { available.filter { $0 != .reference }.map(\.description) }
  package static func parse(_ text: String, after previous: Device?) -> Device? {
    Device(text).flatMap { $0 == .reference ? nil : $0 }
  }
  package var defaultText: String? { description }
}
