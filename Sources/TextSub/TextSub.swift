// TextSub
