// SubTrain
