import SubCore
import SubData

/// The pairs of a table: a row per pair with an image's path and its caption.
///
/// Unlike pandas, `NA`, `null` and the like stay captions, and a row with an empty one, or with more fields than the header,
/// is skipped.
struct CaptionTable: CaptionPairs {
  private let table: Table
  /// Those of image and caption.
  private let columns: [Int]

  var count: Int { table.count }

  init(_ path: String, options: CaptionOptions) throws {
    let table = try Table(path, Table.Format(separator: options.separator, isStrict: false))
    self.table = table
    columns = try [(options.imageColumn, "--csv-img-key"), (options.captionColumn, "--csv-caption-key")].map {
      try table.column($0, option: $1, separator: "--csv-separator")
    }
  }

  func add(to digest: inout SampleDigest) { table.add(to: &digest) }

  func pair(at index: Int) throws(CaptionFault) -> CaptionPair {
    let place = table.place(index)
    let fields: [String?]
    do { fields = try table.fields(index, columns) } catch {
      throw CaptionFault(.badCaption, place, (error as? InputError).map { "\($0.what): \($0.cure)" } ?? "\(error)")
    }
    guard let caption = fields[1], !CaptionText.isBlank(caption) else { throw CaptionFault(.noCaption, place) }
    guard let image = fields[0], !image.isEmpty else { throw CaptionFault(.noImage, place) }
    return CaptionPair(name: place, caption: caption, imageFile: table.file(image))
  }
}
