import Synchronization

/// A kind of device. Each is a folder under `Backend/`, which says how one is opened, and a line in `all`.
struct DeviceKind: Sendable {
  /// What it is called on the command line.
  let name: String
  /// Whether a machine may have several, which are told apart by number.
  var isNumbered = false
  /// How many this machine has.
  var count: @Sendable () -> Int = { 1 }
  /// Makes what device `ordinal` of this kind works with. It costs nothing yet: a backend starts its machine with the first
  /// memory that it is asked for.
  let open: @Sendable (_ ordinal: Int) -> any Backend

  /// Every kind in this build.
  static let all: [DeviceKind] = [.reference, .cpu, .cuda]
}

/// A device that has been opened: its backend, with whatever state that has, and the indices that are kept there.
final class DevicePlace: Sendable {
  let kind: DeviceKind
  let ordinal: Int
  let backend: any Backend
  let indices = IndexCache()

  private init(_ kind: DeviceKind, _ ordinal: Int) {
    self.kind = kind
    self.ordinal = ordinal
    backend = kind.open(ordinal)
  }

  private static let opened = Mutex<[String: DevicePlace]>([:])

  /// Every device is opened once and stays open. Two that ask at once may each make a place; the first that is noted stays.
  static func of(_ kind: DeviceKind, _ ordinal: Int) -> DevicePlace {
    let name = "\(kind.name):\(ordinal)"
    if let place = opened.withLock({ $0[name] }) { return place }
    let made = DevicePlace(kind, ordinal)
    return opened.withLock { places in
      let place = places[name] ?? made
      places[name] = place
      return place
    }
  }
}
