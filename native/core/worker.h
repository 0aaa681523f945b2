// A model's own thread: jobs run one at a time, in the order in which they were queued.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace lethe {

class Worker {
 public:
  // `threads` is the number of intra-op threads of this worker; 0 keeps libtorch's default.
  explicit Worker(int threads);
  // Runs what is queued, then joins.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // `job` must not throw.
  void Post(std::function<void()> job);

 private:
  void Run(int threads);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace lethe
