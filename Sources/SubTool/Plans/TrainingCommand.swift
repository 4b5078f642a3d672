import ClipSub
import SubData
import SubTrain
import TextSub
import VisionSub

/// A command that trains: what can be told of its run before its data are read.
protocol TrainingCommand: Command {
  /// How it trains.
  var methodOptions: MethodOptions { get }
  /// Its recipe with what the command line says of it, and its network. Throws where weights decide that cannot be read.
  func planRequest() throws -> PlanRequest
}

extension TrainingCommand {
  /// The method as the run will have it; nil: there is no such recipe. Throws a usage error for a method that the run
  /// cannot have.
  func plannedMethod(of request: PlanRequest) throws -> (any Method)? {
    for modality in Modalities.all {
      if let (basis, selection) = try modality.basis(of: request) {
        return try methodOptions.choice.resolved(basis, selection: selection)
      }
    }
    return nil
  }
}

extension TrainCommand: TrainingCommand {
  func planRequest() throws -> PlanRequest {
    try PlanRequest(
      recipe: recipe ?? VisionModality.smallRecipe, changes: recipeOptions.given(), precision: machine.precision)
  }
}

extension FinetuneCommand: TrainingCommand {
  func planRequest() throws -> PlanRequest {
    let changes = try recipeOptions.given()
    guard recipe == nil, let from else {
      return PlanRequest(recipe: recipe ?? VisionModality.smallRecipe, changes: changes, precision: machine.precision)
    }
    // The weights say which recipe follows, and may change its stochastic depth.
    let following = try VisionFolder(from, hints).recipe(nil, with: changes)
    return PlanRequest(
      recipe: following.name, changes: [("model.drop_path", "\(following.model.dropPath)")] + changes,
      precision: machine.precision)
  }
}

extension GlueCommand: TrainingCommand {
  func planRequest() throws -> PlanRequest {
    let recipe = from == nil ? GLUERecipe.fromScratch : GLUERecipe(task ?? .cola)
    // The page is that of all tasks; some have epochs of their own.
    return try PlanRequest(
      recipe: recipe.name, changes: [("schedule.epochs", "\(recipe.schedule.epochs)")] + recipeOptions.given(),
      from: from, precision: machine.precision)
  }
}

extension ClipPretrainCommand: TrainingCommand {
  func planRequest() throws -> PlanRequest {
    let isSmall = data == nil && model == nil && from == nil
    return try PlanRequest(
      recipe: isSmall ? ClipRecipe.fromScratch.name : ClipRecipe().name, changes: recipeOptions.given(), model: model,
      precision: machine.precision)
  }
}
