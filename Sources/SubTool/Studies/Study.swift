/// A table or figure of the paper that can be run, as data: its rows with the paper's numbers and the training behind each.
struct Study {
  /// What it is called, "table-8", and the tables that are the same one: "table-a1".
  let name: String
  var aliases: [String] = []
  /// What it shows, in a line.
  let summary: String
  /// Where the paper's numbers were made, and how the small ones differ.
  let setting: String
  /// The metric that counts at the paper's scale and at the small one; nil: the one by which a run's best is told.
  var metric: String?
  /// What rows are placed along; nil: nothing.
  var axis: String?
  /// Why there is no small scale; nil: there is one.
  var lacksSmall: String?
  /// What is to be known of its rows.
  var remarks: [String] = []
  let rows: [Row]

  /// A line of the table.
  struct Row {
    /// What is judged by one reference, its first row; empty where there is one alone.
    var section = ""
    let label: String
    /// The paper's number; nil: it has no such row.
    var number: PaperNumber?
    /// How many times the reference's training took in the paper.
    var cost: Double?
    /// What else the paper says of it, as it prints it.
    var others: [(name: String, text: String)] = []
    /// The metric that counts, where it is not the study's.
    var metric: String?
    /// Where it lies on the study's axis, and on which curve.
    var place: (curve: String, x: Double)?
    /// The training at each scale; nil: only the paper's number is known.
    var paper: StudyTraining?
    var small: StudyTraining?
    /// Why it cannot be run at the paper's scale.
    var lacks: String?

    /// The training at a scale.
    func training(at scale: StudyScale) -> StudyTraining? { scale == .paper ? paper : small }
  }

  /// Every training once, in the order in which it is run: what others start from stands before them.
  func trainings(at scale: StudyScale) -> [StudyTraining] {
    var known: Set<String> = []
    func collect(_ training: StudyTraining) -> [StudyTraining] {
      let before = training.after.map(collect) ?? []
      return before + (known.insert(training.name).inserted ? [training] : [])
    }
    return rows.compactMap { $0.training(at: scale) }.flatMap(collect)
  }
}

/// How large a study is.
enum StudyScale: String, CaseIterable, OptionValue {
  /// What two cores carry.
  case small
  /// The paper's own recipes and data.
  case paper
}
