// What the C library's allocator keeps of freed memory.
#pragma once

namespace lethe {

// Gives freed pages back to the system. glibc keeps them, and tensors whose sizes differ from step to step, as those
// of ragged batches do, leave holes between them that no later tensor fits.
void ReturnFreeMemory();

}  // namespace lethe
