import SubCore
import SubData
import TestSupport
import Testing

@testable import SubTool

@Suite struct PlotTests {
  private func panel(_ series: [PlotSeries]) -> PlotPanel {
    PlotPanel("Loss", x: "step", y: "loss", series)!
  }

  private func rising(_ label: String = "", colour: Int = 0, by slope: Double = 1) -> PlotSeries {
    PlotSeries(label: label, colour: colour, points: (0...10).map { PlotPoint(Double($0), slope * Double($0)) })
  }

  @Test func `axes have round marks`() {
    func texts(_ values: [Double], ticks: Int = 4) -> [String] {
      PlotAxis(values, ticks: ticks, margin: 0).ticks.map(\.text)
    }
    #expect(texts([0, 1]) == ["0.0", "0.5", "1.0"])
    #expect(texts([0, 1], ticks: 5) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(texts([0, 3750]) == ["0", "1000", "2000", "3000"])
    #expect(texts([0, 40_000]) == ["0", "10k", "20k", "30k", "40k"])
    #expect(texts([0, 3_000_000]) == ["0", "1M", "2M", "3M"])
    #expect(texts([0, 0.0004]) == ["0", "1e-4", "2e-4", "3e-4", "4e-4"])
    #expect(texts([-1, 1]) == ["-1.0", "-0.5", "0.0", "0.5", "1.0"])
    #expect(texts([5, 5]).count > 1)
    let wide = PlotAxis(logarithmic: [0.5, 900], ticks: 5)
    #expect(wide.ticks.map(\.text) == ["1", "10", "100", "1000"])
    #expect(abs(wide.place(wide.high) - 1) < 1e-9 && wide.place(wide.low) == 0 && wide.place(-1) == 0)
  }

  @Test func `long curves are drawn with means of neighbours`() {
    let points = (0..<1000).map { PlotPoint(Double($0), Double($0 % 2)) }
    let thin = points.thinned(to: 250)
    #expect(thin.count == 250 && thin.allSatisfy { $0.y == 0.5 } && thin[0].x == 1.5)
    #expect(points.thinned(to: 1000) == points)
  }

  @Test func `an SVG holds every name, and what would end an element is written as text`() {
    let svg = Figure(title: "a < b & c", panels: [panel([rising("first"), rising("second", colour: 1, by: 2)])]).svg
    #expect(svg.contains("a &lt; b &amp; c") && svg.contains(">first</text>") && svg.contains(">second</text>"))
    #expect(
      svg.contains("prefers-color-scheme:dark") && !svg.contains("http://www.w3.org/1999") && !svg.contains("nan"))
  }

  @Test func `names beside the curves' ends do not lie on each other`() throws {
    let series = (0..<6).map { rising("curve \($0)", colour: $0) }
    let heights = panel(series).svg.matches(of: /y="([0-9.]+)">curve/).compactMap { Double($0.1) }.sorted()
    #expect(heights.count == 6)
    for (lower, upper) in zip(heights, heights.dropFirst()) { #expect(upper - lower > 15.9) }
  }

  @Test func `a picture shows curves in their colours, letters and bands`() {
    var band = rising("band", colour: 1)
    band.deviations = Array(repeating: 1, count: 11)
    let picture = Figure(title: "Loss", panels: [panel([band])]).picture
    #expect(picture.width == 630 && picture.height == 486)
    let pixels = picture.pixels
    let places = stride(from: 0, to: pixels.count, by: 3)
    func count(_ isMeant: (Int, Int, Int) -> Bool) -> Int {
      places.count { isMeant(Int(pixels[$0]), Int(pixels[$0 + 1]), Int(pixels[$0 + 2])) }
    }
    #expect(count { $0 == 0xd5 && $1 == 0x5e && $2 == 0 } > 500)
    #expect(count { $0 > 240 && $1 > 215 && $1 < 235 && $2 > 200 && $2 < 225 } > 2000)
    #expect(count { $0 < 60 && $1 < 60 && $2 < 60 } > 50)
    #expect(count { $0 == 255 && $1 == 255 && $2 == 255 } > 200_000)
  }

  @Test func `curves in a terminal, in braille and in ASCII`() {
    let one = TextPlot(width: 24, height: 7, isUnicode: true, style: TextStyle(isColoured: false))
    let dots = one.lines(panel([rising()]))
    #expect(dots.count == 6 && dots[0] == "Loss" && dots[5].hasPrefix("    0 "))
    func braille(_ line: String) -> [Int] {
      Array(line).indices.filter { ("\u{2801}"..."\u{28ff}").contains(String(Array(line)[$0])) }
    }
    // From the lower left to the upper right corner, without a gap.
    #expect(braille(dots[1]).last == 23 && braille(dots[4]).first == 4)
    #expect(dots[1...4].reduce(0) { $0 + braille($1).count } >= 20)
    let two = TextPlot(width: 24, height: 7, isUnicode: false, style: TextStyle(isColoured: false))
    let lines = two.lines(panel([rising("up"), rising("down", by: -1)]))
    #expect(lines[0] == "Loss  * up  + down")
    #expect(lines.joined().unicodeScalars.allSatisfy { $0.isASCII } && lines.allSatisfy { $0.count <= 24 + 6 })
    #expect(lines[1].last == "*" && lines[4].last == "+")
  }
}
