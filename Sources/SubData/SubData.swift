// SubData
