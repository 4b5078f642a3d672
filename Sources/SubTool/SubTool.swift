// SubTool
