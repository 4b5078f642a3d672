// Undefines what tiles.h and the file that includes it have set.
#undef LANES
#undef PANEL
#undef ADD_PRODUCT
#undef SK_ISA
#undef SK_TILE_ROWS
#undef SK_TILE_LANES
#undef SK_PAIRS
