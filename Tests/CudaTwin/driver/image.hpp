// What the twin's NVRTC calls machine code: these words and the name of the unit, with a zero at the end.
#pragma once

constexpr char imageMark[] = "MSHOST ";
