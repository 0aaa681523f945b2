// The one exception type of the core. `code` is stable and crosses the boundary; `what()` is one sentence.
#pragma once

#include <stdexcept>
#include <string>

namespace lethe {

class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}

  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

}  // namespace lethe
