/// Comma-separated values as RFC 4180 has them.
enum CSV {
  /// A row with its end; fields are quoted where they have to be.
  static func line(_ fields: [String]) -> String {
    fields.map { field in
      field.utf8.contains { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }
        ? "\"\(field.escaping("\"", by: "\"\""))\"" : field
    }.joined(separator: ",") + "\n"
  }
}
