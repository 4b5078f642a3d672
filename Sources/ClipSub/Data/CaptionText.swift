import SubCore
import SubData

/// Takes the caption, and the class where there is one, out of a sample's text and JSON parts.
enum CaptionText {
  /// The caption from the text part, or from the first of the options' JSON fields that is a non-empty string; the
  /// class from the JSON field `label`. `has` says in a fault what the sample holds instead.
  static func read(
    name: String, text: HostArray?, json: HostArray?, options: CaptionOptions, readsLabel: Bool, has: String
  ) throws(CaptionFault) -> (caption: String, label: Int?) {
    var fields: JSON?
    if let json {
      do { fields = try json.withBytes { try JSON.parse($0, at: name) } } catch {
        if !options.jsonFields.isEmpty { throw CaptionFault(.badCaption, name, "its JSON cannot be read") }
      }
    }
    let label = readsLabel ? fields?["label"]?.int : nil
    if !options.jsonFields.isEmpty {
      for field in options.jsonFields {
        if let caption = fields?[field]?.string, !isBlank(caption) { return (caption, label) }
      }
      let wanted = options.jsonFields.joined(separator: " or ")
      throw CaptionFault(.noCaption, name, fields == nil ? "has \(has)" : "its JSON has no \(wanted)")
    }
    guard let text else { throw CaptionFault(.noCaption, name, "has \(has)") }
    guard let caption = text.withBytes({ String(validating: $0, as: UTF8.self) }) else {
      throw CaptionFault(.badCaption, name, "not UTF-8")
    }
    if isBlank(caption) { throw CaptionFault(.noCaption, name, "its .\(options.textEnding) is empty") }
    return (caption, label)
  }

  /// Whether a caption has nothing but white space.
  static func isBlank(_ caption: String) -> Bool { caption.allSatisfy(\.isWhitespace) }
}
