// ClipSub
