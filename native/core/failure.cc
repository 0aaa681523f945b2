#include "failure.h"

#include <c10/util/Exception.h>

#include <new>

#include "error.h"

namespace lethe {
namespace {

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// The CPU allocator reports a lack of memory as a plain c10::Error.
bool IsOutOfMemory(const std::string& message) {
  return message.find("not enough memory") != std::string::npos || message.find("can't allocate memory") != std::string::npos;
}

}  // namespace

Failure DescribeFailure(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    return {e.code(), e.what()};
  } catch (const c10::OutOfMemoryError& e) {
    return {"ERR_OUT_OF_MEMORY", FirstLine(e.what_without_backtrace())};
  } catch (const c10::Error& e) {
    const std::string message = FirstLine(e.what_without_backtrace());
    return {IsOutOfMemory(message) ? "ERR_OUT_OF_MEMORY" : "ERR_NATIVE", message};
  } catch (const std::bad_alloc&) {
    return {"ERR_OUT_OF_MEMORY", "The system has no memory left for this."};
  } catch (const std::exception& e) {
    return {"ERR_NATIVE", FirstLine(e.what())};
  } catch (...) {
    return {"ERR_NATIVE", "An unknown C++ exception was thrown."};
  }
}

}  // namespace lethe
