#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Double {
  /// The number with a fixed count of decimals, rounded as C does: `(0.125).fixed(1)` is "0.1".
  public func fixed(_ decimals: Int) -> String {
    withVaList([Int32(decimals), self]) { arguments in
      // The largest double has 309 digits in front of its point.
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 330 + max(0, decimals)) { buffer in
        vsnprintf(buffer.baseAddress!, buffer.count, "%.*f", arguments)
        return String(cString: buffer.baseAddress!)
      }
    }
  }

  /// A time in seconds in the unit that fits it.
  package var duration: String {
    switch self {
    case ..<120: "\(max(1, self).fixed(0)) s"
    case ..<7200: "\((self / 60).fixed(0)) min"
    case ..<172_800: "\((self / 3600).fixed(1)) h"
    default: "\((self / 86400).fixed(1)) days"
    }
  }
}

extension Float {
  /// The number with a fixed count of decimals.
  public func fixed(_ decimals: Int) -> String { Double(self).fixed(decimals) }

  /// The number with that many significant digits, with an exponent where it is very large or small (C's %g).
  public func significant(_ digits: Int) -> String {
    withVaList([Int32(digits), Double(self)]) { arguments in
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32 + max(0, digits)) { buffer in
        vsnprintf(buffer.baseAddress!, buffer.count, "%.*g", arguments)
        return String(cString: buffer.baseAddress!)
      }
    }
  }
}
