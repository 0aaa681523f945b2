// Cooperative cancellation: JavaScript sets the flag, native loops poll it per decode step and per micro-batch.
#pragma once

#include <atomic>
#include <memory>

#include "error.h"

namespace lethe {

class Cancel {
 public:
  void Request() { requested_.store(true, std::memory_order_relaxed); }

  void Check() const {
    if (requested_.load(std::memory_order_relaxed)) throw Error("ERR_ABORTED", "The operation was aborted.");
  }

 private:
  std::atomic<bool> requested_{false};
};

}  // namespace lethe
