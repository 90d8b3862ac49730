#pragma once
#include <stddef.h>
#include <stdint.h>

// libFuzzer used as a library (llvm.org/docs/LibFuzzer.html): runs `callback` with ever new inputs.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
