import SubCore
import SubData
import Testing

@Suite struct JSONTests {
  @Test func `Python's text reads to the values that were written`() throws {
    let json = try JSON.read(Fixture.path("values.json"))
    let texts = ["plain", "ü", "日本", "😀", "\u{0}\u{1f}\"\\/\n", "e\u{301}", "\u{e9}"]
    #expect(json["texts"]?.array?.map { Array(($0.string ?? "").utf8) } == texts.map { Array($0.utf8) })
    let numbers = [0.1, -0.0, 1e300, Double.leastNonzeroMagnitude, 1e16, 123_456_789_012_345_680, 3.0, 1.0 / 3]
    #expect(json["numbers"]?.array?.compactMap(\.double?.bitPattern) == numbers.map(\.bitPattern))
    #expect(json["numbers"]?.array?[5] == .integer(123_456_789_012_345_678))
    #expect(json["numbers"]?.array?[6].int == 3)
    #expect(try JSON.parse(json.text(), at: "again") == json)
    #expect(try JSON.parse(json.text(indent: 2), at: "again") == json)
  }

  @Test func `text is compact, ordered and shortest`() {
    let json: JSON = [
      "step": 1, "loss": JSON(Float(0.1)), "bad": .number(.nan), "far": .number(.infinity), "text": "a\"\\\n\u{1}é",
      "list": [1, 2.5, .null, true], "none": [], "object": [:],
    ]
    #expect(
      json.text()
        == #"{"step":1,"loss":0.1,"bad":null,"far":null,"text":"a\"\\\n\u0001é","#
        + #""list":[1,2.5,null,true],"none":[],"object":{}}"#)
    #expect(
      (["a": ["b": [[1], [2, 3]]]] as JSON).text(indent: 2)
        == "{\n  \"a\": {\n    \"b\": [\n      [1],\n      [2,3]\n    ]\n  }\n}")
  }

  @Test func `keys are told apart by their bytes and found among many`() throws {
    var object = JSON.Object()
    for number in 0..<1000 { object["key\(number)"] = .integer(Int64(number)) }
    object["e\u{301}"] = 1
    object["\u{e9}"] = 2
    object["key7"] = -7
    #expect(object.count == 1002)
    #expect(object["key999"] == 999 && object["key7"] == -7 && object["e\u{301}"] == 1 && object["\u{e9}"] == 2)
    #expect(object["key1000"] == nil)
    let text = try JSON.parse(JSON.object(object).text(), at: "here")
    #expect(text["\u{e9}"] == 2 && text["e\u{301}"] == 1)
  }

  @Test(arguments: [
    ("", 0), ("{", 1), ("[1,]", 3), ("{\"a\":1,}", 7), ("{\"a\" 1}", 5), ("01", 0), ("-", 0), ("1.", 0), ("1e", 0),
    ("+1", 0), (".5", 0), ("NaN", 0), ("Infinity", 0), ("1e999", 0), ("tru", 0), ("\"", 1), ("\"\\x\"", 1),
    ("\"\\ud800\"", 1), ("\"\\ud800\\u0041\"", 1), ("\"\\udc00\"", 1), ("\"\\u12g4\"", 1), ("\"\n\"", 1), ("1 2", 2),
    ("{\"a\":1,\"a\":2}", 7), ("// no", 0), ("[1}", 2), ("'a'", 0), ("{1:2}", 1), ("\u{feff}1", 0),
  ])
  func `wrong text is refused where it is wrong`(text: String, offset: Int) {
    let error = inputError { _ = try JSON.parse(text, at: "config.json") }
    #expect(error?.place == "config.json, line 1, byte \(offset)")
  }

  @Test func `the line is counted and bytes that are no UTF-8 are refused`() {
    #expect(inputError { _ = try JSON.parse("{\n\n x}", at: "f") }?.place == "f, line 3, byte 4")
    let bytes: [UInt8] = [0x22, 0xc3, 0x22]
    #expect(
      inputError { _ = try bytes.withUnsafeBytes { _ = try JSON.parse($0, at: "f") } }?.place == "f, line 1, byte 1")
  }

  @Test func `deep nesting is refused before the stack ends`() throws {
    let limit = JSON.depthLimit
    #expect(inputError { _ = try JSON.parse(String(repeating: "[", count: 1_000_000), at: "f") } != nil)
    let deepest = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
    #expect(try JSON.parse(deepest, at: "f").array?.count == 1)
    #expect(inputError { _ = try JSON.parse("[" + deepest + "]", at: "f") } != nil)
  }

  @Test func `text that ends early is refused`() throws {
    let refused = try cut(Fixture.bytes("values.json"), at: 400) { _ = try JSON.read($0) }
    #expect(refused > 0.9)
  }
}
