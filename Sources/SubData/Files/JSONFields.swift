package import SubCore

/// The fields of one object of a file, with errors that name the file and the field. A field that is null is not there.
package struct JSONFields: Sendable {
  /// The object.
  package let json: JSON
  /// The file.
  package let place: String
  private let key: String

  /// The fields of `json`; `key`: where in the file it stands, empty for the file's own object.
  package init(_ json: JSON, at place: String, key: String = "") {
    (self.json, self.place, self.key) = (json, place, key)
  }

  /// What a field holds.
  package func value(_ name: String) -> JSON? { json[name].flatMap { $0.isNull ? nil : $0 } }

  /// The fields of a field.
  package func member(_ name: String) -> JSONFields? {
    value(name).map { JSONFields($0, at: place, key: path(name)) }
  }

  /// A whole number.
  package func count(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = value(name) else { return nil }
    guard let number = value.int, range.contains(number) else {
      throw failure(name, "is not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A number of which `isRight` holds; `wanted` says that in words: "a number above 0".
  package func number(_ name: String, _ wanted: String, where isRight: (Double) -> Bool) throws -> Double? {
    guard let value = value(name) else { return nil }
    guard let number = value.double, isRight(number) else { throw failure(name, "is not \(wanted)") }
    return number
  }

  /// True or false.
  package func flag(_ name: String) throws -> Bool? {
    guard let value = value(name) else { return nil }
    guard let flag = value.bool else { throw failure(name, "is neither true nor false") }
    return flag
  }

  /// A text.
  package func text(_ name: String) throws -> String? {
    guard let value = value(name) else { return nil }
    guard let text = value.string else { throw failure(name, "is not a text") }
    return text
  }

  /// What is wrong with a field.
  package func failure(_ name: String, _ what: String, cure: String = "correct the field") -> InputError {
    InputError("'\(path(name))' \(what)", at: place, cure: cure)
  }

  private func path(_ name: String) -> String { key.isEmpty ? name : "\(key).\(name)" }
}
