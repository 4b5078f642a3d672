/// Keys of version 0.1 whose name has changed by more than the group in front. They are still taken, by `--set` and in
/// the configurations of old runs.
enum FormerKeys {
  /// What an old key is called now.
  static let now = [
    "model": "model.name",
    "optimizer": "optimizer.name",
    "adam.beta1": "optimizer.beta1",
    "adam.beta2": "optimizer.beta2",
    "adam.epsilon": "optimizer.epsilon",
    "schedule": "schedule.form",
    "warmup": "schedule.warmup_steps",
    "loss": "loss.name",
    "augment": "augment.policy",
    "pieces": "loop.accumulation",
  ]
}
