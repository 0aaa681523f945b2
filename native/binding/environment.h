// What the addon keeps per JavaScript environment (the main thread, or one worker thread).
#pragma once

#include "napi.h"

#include <functional>
#include <memory>
#include <unordered_set>
#include <utility>

#include "../core/cancel.h"
#include "../core/worker.h"

namespace lethe::binding {

// A model's thread, and what it has been asked to do. Lives until the environment ends or the model is collected.
class Lane {
 public:
  explicit Lane(int threads) : worker_(std::make_unique<Worker>(threads)) {}

  // False once closed.
  bool Post(const std::shared_ptr<Cancel>& cancel, std::function<void()> job) {
    if (worker_ == nullptr) return false;
    pending_.insert(cancel);
    worker_->Post(std::move(job));
    return true;
  }

  void Untrack(const std::shared_ptr<Cancel>& cancel) { pending_.erase(cancel); }

  bool closed() const { return worker_ == nullptr; }

  // Stops what runs at its next poll, drops what waits, and joins the thread.
  void Close() {
    for (const auto& cancel : pending_) cancel->Request();
    worker_.reset();
  }

 private:
  std::unique_ptr<Worker> worker_;
  std::unordered_set<std::shared_ptr<Cancel>> pending_;
};

// Every lane of an environment. Shared with the model handles, whose finalizers may run after the environment's data
// is gone.
struct Lanes {
  std::unordered_set<std::shared_ptr<Lane>> open;
  bool ended = false;

  std::shared_ptr<Lane> Open(int threads) {
    auto lane = std::make_shared<Lane>(threads);
    if (ended) {
      lane->Close();
    } else {
      open.insert(lane);
    }
    return lane;
  }
  void Close(const std::shared_ptr<Lane>& lane) {
    lane->Close();
    open.erase(lane);
  }
  // No thread of ours runs any more once this returns.
  void End() {
    ended = true;
    for (const auto& lane : open) lane->Close();
    open.clear();
  }
};

struct Environment {
  Napi::FunctionReference model_class;
  Napi::FunctionReference session_class;
  Napi::FunctionReference cancel_class;
  std::shared_ptr<Lanes> lanes = std::make_shared<Lanes>();
  int threads = 0;

  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }
};

}  // namespace lethe::binding
