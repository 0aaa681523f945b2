// What is told of an exception outside the core: a stable code and one sentence.
#pragma once

#include <exception>
#include <string>

namespace lethe {

struct Failure {
  std::string code;
  std::string message;
};

// Of the core's own errors, libtorch's (without their C++ backtrace) and the standard library's.
Failure DescribeFailure(const std::exception_ptr& error) noexcept;

}  // namespace lethe
