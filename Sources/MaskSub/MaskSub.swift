/// All of the package by one import: tensors and operations (SubCore), files, text and images (SubData), layers, losses
/// and optimizers (SubNN), methods and training (SubTrain), and the three modalities.
@_exported public import ClipSub
@_exported public import SubCore
@_exported public import SubData
@_exported public import SubNN
@_exported public import SubTrain
@_exported public import TextSub
@_exported public import VisionSub
