/// How the program ends where the device does not do what it was told.
enum CUDAFailure {
  /// Says what went wrong and ends the process with status 1.
  static func end(_ message: String) -> Never { ProgramEnd.saying("cuda: \(message)") }
}
