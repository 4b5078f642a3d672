#ifndef TWIN_PATH_H
#define TWIN_PATH_H
/// The library of the CUDA device's twin, which every program that links this takes for CUDA's libraries; NULL where it was
/// not built, or the environment names others.
const char *_Nullable twin_path(void);
#endif
