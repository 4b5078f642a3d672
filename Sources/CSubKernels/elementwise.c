#include "include/subkernels.h"
