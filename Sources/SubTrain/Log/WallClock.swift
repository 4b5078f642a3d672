#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The two clocks of a run: one to measure with, one to date things with.
package enum WallClock {
  /// Seconds on a clock that only goes forward.
  package static func seconds() -> Double { read(CLOCK_MONOTONIC) }
  /// Seconds since 1970.
  package static func unixTime() -> Double { read(CLOCK_REALTIME) }

  /// The local time as part of a file's name: `20260131-235959`.
  package static func fileStamp() -> String {
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    let digits = { (value: Int32) in value < 10 ? "0\(value)" : "\(value)" }
    let date = "\(parts.tm_year + 1900)\(digits(parts.tm_mon + 1))\(digits(parts.tm_mday))"
    return "\(date)-\(digits(parts.tm_hour))\(digits(parts.tm_min))\(digits(parts.tm_sec))"
  }

  private static func read(_ clock: clockid_t) -> Double {
    var now = timespec()
    clock_gettime(clock, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
  }
}
