// VisionSub
