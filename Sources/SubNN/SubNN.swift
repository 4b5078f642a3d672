// SubNN
