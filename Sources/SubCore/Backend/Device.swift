/// Where tensors live: a kind of device and which one of that kind it is. A value; what the device owns is opened once, on
/// first use.
public struct Device: Sendable, Hashable, CustomStringConvertible {
  /// Plain loops in Swift, f32 or f64: the oracle of every other device.
  public static let reference = Device(.reference)
  /// oneDNN and the C kernels.
  public static let cpu = Device(.cpu)

  let place: DevicePlace

  /// Device `ordinal` of a kind.
  init(_ kind: DeviceKind, ordinal: Int = 0) { place = .of(kind, ordinal) }

  /// The device that is written so, `cpu` or `cuda:1` (`cuda` is the first); nil where this build or machine has none.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    // Only the kind that is meant is asked what it has.
    guard let kind = DeviceKind.all.first(where: { $0.name == parts[0] }),
      let ordinal = parts.count == 1 ? 0 : Int(parts[1]), ordinal >= 0 && ordinal < kind.count()
    else { return nil }
    self.init(kind, ordinal: ordinal)
  }

  /// The devices that can be used in this process.
  public static var available: [Device] {
    DeviceKind.all.flatMap { kind in (0..<kind.count()).map { Device(kind, ordinal: $0) } }
  }

  /// What kind it is: `cpu`.
  public var kind: String { place.kind.name }
  /// Which one of its kind, from 0.
  public var ordinal: Int { place.ordinal }

  /// Returns when everything that this device was told to do is done. What reads a value waits by itself; a clock does not.
  public func synchronize() { backend.synchronize() }

  public var description: String { place.kind.isNumbered ? "\(kind):\(ordinal)" : kind }

  public static func == (left: Device, right: Device) -> Bool { left.place === right.place }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(place)) }

  var backend: any Backend { place.backend }
}
