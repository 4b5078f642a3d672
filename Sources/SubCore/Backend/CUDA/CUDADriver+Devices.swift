/// What a driver tells of its devices before they are opened.
extension CUDADriver {
  func device(_ ordinal: Int) -> Int32 {
    var device = Int32(0)
    check(deviceGet(&device, Int32(ordinal)), "cuDeviceGet")
    return device
  }

  func attribute(_ number: Int32, of device: Int32) -> Int {
    var value = Int32(0)
    check(deviceGetAttribute(&value, number, device), "cuDeviceGetAttribute")
    return Int(value)
  }

  /// 90: sm_90.
  func architecture(of device: Int32) -> Int { attribute(75, of: device) * 10 + attribute(76, of: device) }

  func name(of device: Int32) -> String {
    var text = [CChar](repeating: 0, count: 256)
    check(deviceGetName(&text, 256, device), "cuDeviceGetName")
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Why device `ordinal` cannot run the kernels; nil where it can.
  func obstacle(to ordinal: Int) -> String? {
    let device = device(ordinal)
    let architecture = architecture(of: device)
    guard architecture < 80 else { return nil }
    return "device \(ordinal) is too old (\(name(of: device)), sm_\(architecture)): sm_80 or later is needed"
  }

  /// Why none of its devices can; nil where one can.
  var obstacle: String? {
    let obstacles = (0..<count).map { obstacle(to: $0) }
    return obstacles.contains(nil) ? nil : obstacles[0]
  }
}
