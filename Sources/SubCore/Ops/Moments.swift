/// First and second moments of a `ParameterSet`, in flat arenas like its own.
public final class Moments {
  /// Both moments, flat.
  public let first, second: Tensor
  /// Rows of tables whose moments are not all zero, u8, by slot.
  private var everTouched: [Int: Tensor] = [:]

  /// Zero moments.
  public init(_ set: ParameterSet) {
    first = set.zeros()
    second = set.zeros()
  }

  /// Tells that moments were written from outside: every row may hold something.
  public func markAllTouched() {
    for flags in everTouched.values { flags.backend.fill(flags, with: 1) }
    allTouched = true
  }
  private var allTouched = false

  /// The flags of a table.
  func everTouched(slot: Int, rows: Int) -> Tensor {
    if let flags = everTouched[slot] { return flags }
    let flags = Tensor([rows], filledWith: allTouched ? 1 : 0, dtype: .u8, on: first.device)
    everTouched[slot] = flags
    return flags
  }
}
