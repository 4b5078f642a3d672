import SubCore
import SubData
import Testing

@Suite struct NarrowTests {
  @Test(arguments: [DType.f16, .bf16])
  func `every pattern survives widening and narrowing`(dtype: DType) {
    let all = HostArray((0...UInt16.max).map { $0 }, shape: [65536], dtype: dtype)
    for wide in [DType.f32, .f64] {
      let back = all.floating(as: wide).floating(as: dtype).elements(UInt16.self)
      for (bits, float) in zip(back.indices, all.floats()) where !float.isNaN { #expect(Int(back[bits]) == bits) }
      #expect(
        zip(back.indices, all.floats()).allSatisfy {
          !$1.isNaN || HostArray([back[$0]], shape: [], dtype: dtype).floats()[0].isNaN
        })
    }
  }

  /// Halfway cases go to the even neighbour, a little more to the upper one, whatever the width they come from.
  @Test(arguments: [DType.f16, .bf16])
  func `rounding is to nearest, ties to even, once`(dtype: DType) {
    let last: UInt16 = dtype == .f16 ? 0x7bff : 0x7f7f
    let values = HostArray((0...last).map { $0 }, shape: [Int(last) + 1], dtype: dtype).doubles()
    for low in stride(from: 0, to: Int(last), by: 37) {
      let middle = (values[low] + values[low + 1]) / 2
      let even = low % 2 == 0 ? low : low + 1
      // The two neighbours in double differ from the tie by far less than a Float can hold.
      let wide = HostArray([middle, middle.nextUp, middle.nextDown, -middle], shape: [4], dtype: .f64).floating(
        as: dtype)
      #expect(wide.elements(UInt16.self).map(Int.init) == [even, low + 1, low, even | 0x8000])
      let float = HostArray([Float(middle)], shape: [1]).floating(as: dtype).elements(UInt16.self)
      if Double(Float(middle)) == middle { #expect(Int(float[0]) == even) }
    }
    let top = HostArray([Float.greatestFiniteMagnitude, 65519.996, 65520, .infinity], shape: [4]).floating(as: .f16)
    #expect(top.elements(UInt16.self) == [0x7c00, 0x7bff, 0x7c00, 0x7c00])
  }
}
