#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// sin x.
func sine(_ x: Double) -> Double { sin(x) }
/// cos x.
func cosine(_ x: Double) -> Double { cos(x) }
/// The largest distance of two lists in relation to the largest number of the first.
func distance(_ expected: [Double], _ got: [Double]) -> Double {
  guard expected.count == got.count else { return .infinity }
  let scale = expected.reduce(0) { max($0, abs($1)) }
  let error = zip(expected, got).reduce(0) { max($0, abs($1.0 - $1.1)) }
  return scale > 0 ? error / scale : error
}
