import Testing

@testable import SubTool

/// Text as other programs read it.
struct EscapingTests {
  @Test func `a quote ends nothing, whatever mark stands on it`() {
    #expect(
      CSV.line(["plain", "a,b", "say \"it\"", "\"\u{301}"]) == "plain,\"a,b\",\"say \"\"it\"\"\",\"\"\"\u{301}\"\n")
    #expect(
      "it's".shellWord == "'it'\\''s'" && "'\u{301}".shellWord == "''\\''\u{301}'" && "plain".shellWord == "plain")
  }
}
