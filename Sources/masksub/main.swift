print("masksub")
